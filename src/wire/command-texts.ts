// Client id and idempotency key of a request, put where a Command can borrow both. Gateway threads; one for each parser.
// They stay in the body when both lie there; one that had escapes to undo brings both into a buffer of our own.

import { CLIENT_ID_BYTES_MAX, type Command, IDEMPOTENCY_KEY_BYTES_MAX } from '../domain/command.ts';
import type { RequestFields } from './request-fields.ts';
import { checkText } from './request-values.ts';

export class CommandTexts {
  readonly #own = new Uint8Array(CLIENT_ID_BYTES_MAX + IDEMPOTENCY_KEY_BYTES_MAX);

  /** Checks the two fields where present and points `command` at them. False with a problem otherwise. */
  read(fields: RequestFields, clientField: number, keyField: number, command: Command): boolean {
    const hasClient = fields.has(clientField);
    const hasKey = fields.has(keyField);
    if (hasKey && !checkText(fields, keyField, IDEMPOTENCY_KEY_BYTES_MAX)) return false;
    if (hasClient && !checkText(fields, clientField, CLIENT_ID_BYTES_MAX)) return false;
    command.clientLength = hasClient ? fields.to[clientField] - fields.from[clientField] : 0;
    command.keyLength = hasKey ? fields.to[keyField] - fields.from[keyField] : 0;
    command.clientOffset = hasClient ? fields.from[clientField] : 0;
    command.keyOffset = hasKey ? fields.from[keyField] : 0;
    command.bytes = hasClient ? fields.texts[clientField] : fields.texts[keyField];
    if (hasClient && hasKey && fields.texts[clientField] !== fields.texts[keyField]) {
      this.#copy(command, fields.texts[clientField], fields.texts[keyField]);
    }
    return true;
  }

  #copy(command: Command, client: Uint8Array, key: Uint8Array): void {
    const own = this.#own;
    for (let i = 0; i < command.clientLength; i++) own[i] = client[command.clientOffset + i];
    const keyAt = command.clientLength;
    for (let i = 0; i < command.keyLength; i++) own[keyAt + i] = key[command.keyOffset + i];
    command.bytes = own;
    command.clientOffset = 0;
    command.keyOffset = keyAt;
  }
}
