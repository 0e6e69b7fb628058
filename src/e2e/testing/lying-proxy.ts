// For the whole-system tests: an HTTP server before a real one that hands on requests and replies, but for the lies it is told to tell.
// Owns its port.

import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Connection } from './http.ts';
import type { Keeper } from './keeper.ts';

interface Told {
  readonly status: number;
  readonly body: string;
}

/** A request, and how to have it answered truly. undefined: the connection is cut instead. */
export type Lie = (
  request: { readonly method: string; readonly path: string; readonly body: string },
  truth: () => Promise<Told>,
) => Promise<Told | undefined>;

/** The URL of a proxy that ends with the keeper. */
export async function startLyingProxy(keeper: Keeper, target: string, lie: Lie): Promise<string> {
  // One connection to the server for each to here, so that requests of one are not held up by another's.
  const connections = new WeakMap<Socket, Connection>();
  const connectionFor = (socket: Socket) => {
    const connection = new Connection(target);
    connections.set(socket, connection);
    socket.once('close', () => connection.close());
    return connection;
  };
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/', socket } = request;
    const connection = connections.get(socket) ?? connectionFor(socket);
    const body = await textOf(request);
    const truth = async () => {
      const { status, text } = await connection.send(method, path, body === '' ? undefined : body);
      return { status, body: text };
    };
    const told = await lie({ method, path, body }, truth);
    if (told === undefined) {
      socket.destroy();
      return;
    }
    const length = { 'content-length': Buffer.byteLength(told.body) };
    response.writeHead(told.status, { 'content-type': 'application/json', ...length }).end(told.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  keeper.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port is needed');
  return `http://127.0.0.1:${address.port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
