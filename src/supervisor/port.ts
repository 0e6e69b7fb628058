// Finds a concrete port when any will do: several gateway threads cannot share port 0. Main thread, at the start.

import { createServer } from 'node:net';

/** Thrown when the port is taken or the address is not ours; the message is for the operator. */
class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** Resolves to `port`, or to a free one when it is 0. Rejects with ListenError when nothing can listen there. */
export function choosePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(new ListenError(`Cannot listen on ${host} port ${port}: ${why}. Set PORT to another one.`));
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(chosen));
    });
  });
}
