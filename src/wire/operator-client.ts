// Whom the keys of commands without a client belong to: the operator, under an id that no request can name, since a control
// character is refused wherever a client is read. Pure.

export const OPERATOR_CLIENT: Uint8Array = new TextEncoder().encode('\u0001operator');
