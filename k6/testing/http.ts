// Stands in for `k6/http` in tests: answers by a function, and keeps what was asked.

interface Params {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly responseCallback?: { readonly statuses: readonly number[] };
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string | null;
  readonly params: Params;
}

export interface Answered {
  readonly status: number;
  readonly body: string | null;
  readonly error?: string;
}

/** `answer` is set by the test. */
export const server: { asked: Asked[]; answer: (asked: Asked) => Answered } = {
  asked: [],
  answer: () => ({ status: 0, body: null, error: 'nobody answers' }),
};

function request(method: string, url: string, body: string | null = null, params: Params = {}): Answered {
  const asked = { method, url, body, params };
  server.asked.push(asked);
  return server.answer(asked);
}

export default {
  request,
  get: (url: string, params?: Params) => request('GET', url, null, params),
  post: (url: string, body: string | null, params?: Params) => request('POST', url, body, params),
  expectedStatuses: (...statuses: number[]) => ({ statuses }),
};
