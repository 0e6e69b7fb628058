// The operations page: asks /admin/queues.json each second and shows what it holds. Runs in the browser.
// Knows no figure by name except those of the banner: an object becomes a card, a list of objects a table, a name that ends in a
// unit is written in that unit, and `x_used_slots` beside `x_slots` gets a bar. So a new figure needs no change.

// @ts-check

const PERIOD_MS = 1000;
const TOKEN_KEY = 'ringbook-admin-token';

const banner = element('banner');
const stamp = element('stamp');
const cards = element('cards');
const form = element('token-form');
const tokenProblem = element('token-problem');

/** @type {Map<string, number>} */
let earlier = new Map();
let earlierAtMs = 0;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const input = element('token');
  if (!(input instanceof HTMLInputElement)) return;
  sessionStorage.setItem(TOKEN_KEY, input.value);
  input.value = '';
  form.hidden = true;
  void refresh();
});

void refresh();

/** One round: ask, show, and ask again a second later, but never two at once nor while nobody looks. */
async function refresh() {
  let again = true;
  try {
    if (!document.hidden) again = await ask();
  } catch {
    say('bad', 'No answer from the server');
  }
  if (again) setTimeout(refresh, PERIOD_MS);
}

/** Returns whether to go on without the user. */
async function ask() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  /** @type {Record<string, string>} */
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch('/admin/queues.json', { headers, cache: 'no-store' });
  if (answer.status === 401 || (answer.status === 403 && token !== null)) return askForToken(token);
  if (!answer.ok) {
    say('bad', `The server answered ${answer.status}`);
    return true;
  }
  show(await answer.json());
  return true;
}

/** @param {string | null} refused */
function askForToken(refused) {
  sessionStorage.removeItem(TOKEN_KEY);
  form.hidden = false;
  tokenProblem.textContent = refused === null ? '' : 'The server refused this token.';
  say('waiting', 'An admin token is needed');
  return false;
}

/** @param {Record<string, unknown>} figures */
function show(figures) {
  const nowMs = performance.now();
  const seconds = (nowMs - earlierAtMs) / 1000;
  /** @type {Map<string, number>} */
  const current = new Map();
  const context = {
    current,
    rate: (/** @type {string} */ path, /** @type {number} */ value) => rate(path, value, seconds),
  };
  const parts = [];
  /** @type {Record<string, unknown>} */
  const loose = {};
  for (const [name, value] of Object.entries(figures)) {
    if (isObject(value) || isTable(value)) parts.push(card(name, value, context));
    else loose[name] = value;
  }
  if (Object.keys(loose).length > 0) parts.unshift(card('process', loose, context));
  cards.replaceChildren(...parts);
  earlier = current;
  earlierAtMs = nowMs;
  stamp.textContent = new Date().toLocaleTimeString();
  showHealth(figures);
}

/** @param {Record<string, unknown>} figures */
function showHealth(figures) {
  const { status, detail } = isObject(figures.health) ? figures.health : { status: 'unknown', detail: '' };
  const mood = status === 'ok' ? 'good' : status === 'unavailable' ? 'bad' : 'warn';
  say(mood, `${figures.state}, ${status}: ${detail}`);
}

/**
 * @typedef {{ current: Map<string, number>, rate: (path: string, value: number) => string }} Context
 */

/** @param {string} name @param {unknown} value @param {Context} context */
function card(name, value, context) {
  const section = document.createElement('section');
  section.append(make('h2', label(name)));
  if (isTable(value)) {
    section.className = 'wide';
    section.append(listTable(name, value, context));
  } else if (isObject(value)) {
    section.append(...objectParts(name, value, context));
  }
  return section;
}

/** @param {string} path @param {Record<string, unknown>} object @param {Context} context @returns {HTMLElement[]} */
function objectParts(path, object, context) {
  const table = document.createElement('table');
  const nested = [];
  for (const [name, value] of Object.entries(object)) {
    const at = `${path}.${name}`;
    if (isTable(value)) nested.push(make('h3', label(name)), listTable(at, value, context));
    else if (isObject(value)) nested.push(make('h3', label(name)), ...objectParts(at, value, context));
    else table.append(row([make('td', label(name)), figure(at, name, value, object, context)]));
  }
  return table.childElementCount > 0 ? [table, ...nested] : nested;
}

/** @param {string} path @param {Record<string, unknown>[]} list @param {Context} context */
function listTable(path, list, context) {
  const names = [...new Set(list.flatMap((item) => Object.keys(flat(item))))];
  const table = document.createElement('table');
  table.append(row(names.map((name) => make('th', label(name)))));
  list.forEach((item, index) => {
    const cells = flat(item);
    table.append(row(names.map((name) => figure(`${path}.${index}.${name}`, name, cells[name], cells, context))));
  });
  return table;
}

/** One cell: the figure in its unit, a bar when its limit is known, and how fast it grows.
 * @param {string} path @param {string} name @param {unknown} value @param {Record<string, unknown>} beside @param {Context} context */
function figure(path, name, value, beside, context) {
  const cell = make('td', write(name, value));
  if (typeof value !== 'number') return cell;
  const limit = limitOf(name, beside);
  if (limit > 0) {
    const meter = document.createElement('meter');
    meter.max = limit;
    meter.high = limit * 0.75;
    meter.value = value;
    cell.append(meter);
    return cell;
  }
  context.current.set(path, value);
  const growth = context.rate(path, value);
  if (growth !== '') cell.title = growth;
  return cell;
}

/** @param {string} path @param {number} value @param {number} seconds */
function rate(path, value, seconds) {
  const before = earlier.get(path);
  if (before === undefined || value <= before || seconds <= 0) return '';
  return `+${Math.round((value - before) / seconds).toLocaleString()} a second`;
}

/** The limit that `x_used_slots` is to be seen against. @param {string} name @param {Record<string, unknown>} beside */
function limitOf(name, beside) {
  const limit = name.includes('_used_') ? beside[name.replace('_used_', '_')] : 0;
  return typeof limit === 'number' ? limit : 0;
}

/** @param {string} name @param {unknown} value @returns {string} */
function write(name, value) {
  if (value === null || value === undefined) return '\u2013';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((item) => write(name, item)).join(', ');
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('seconds')) return writeSeconds(value);
  if (name.endsWith('bytes')) return writeBytes(value);
  return value.toLocaleString(undefined, { maximumFractionDigits: 2 });
}

/** @param {number} value */
function writeSeconds(value) {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${Math.round(value * 1e6)} \u00b5s`;
  if (value < 1) return `${(value * 1e3).toFixed(2)} ms`;
  return value < 120 ? `${value.toFixed(1)} s` : `${Math.round(value / 60).toLocaleString()} min`;
}

/** @param {number} value */
function writeBytes(value) {
  if (value < 1024) return `${value} B`;
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(1)} KiB`;
  return value < 1024 ** 3 ? `${(value / 1024 ** 2).toFixed(1)} MiB` : `${(value / 1024 ** 3).toFixed(2)} GiB`;
}

/** `sync_p99_seconds` is read as "Sync p99". @param {string} name */
function label(name) {
  const words = name.replace(/_(seconds|bytes)$/, '').replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Objects inside an item become columns of their own. @param {Record<string, unknown>} item */
function flat(item) {
  /** @type {Record<string, unknown>} */
  const cells = {};
  for (const [name, value] of Object.entries(item)) {
    if (isObject(value)) for (const [inner, figure] of Object.entries(flat(value))) cells[`${name}_${inner}`] = figure;
    else cells[name] = value;
  }
  return cells;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {value is Record<string, unknown>[]} */
function isTable(value) {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** @param {'good' | 'warn' | 'bad' | 'waiting'} mood @param {string} text */
function say(mood, text) {
  banner.className = `banner ${mood}`;
  banner.textContent = text;
}

/** @param {HTMLElement[]} cells */
function row(cells) {
  const line = document.createElement('tr');
  line.append(...cells);
  return line;
}

/** @param {string} tag @param {string} text */
function make(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
