// Where the simulated exchange keeps what, on its simulated disk. Constants.

export const DIRECTORY = '/exchange';
export const JOURNAL = `${DIRECTORY}/journal`;
export const CONTROL = `${DIRECTORY}/CONTROL`;
