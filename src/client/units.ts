// Decimals of one scale and the integers that are left when the dot is taken out: ticks and lots, up to 2^53.

import { ProtocolError } from './errors.ts';

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;

/** Prices of an instrument, or its quantities: all have as many decimals as the first one that was read. */
export class Units {
  #scale = -1;

  /** `text` as an integer. Anything but a decimal of this scale is a ProtocolError. */
  read(text: unknown): number {
    if (typeof text !== 'string' || !DECIMAL.test(text)) throw new ProtocolError(`not a decimal: ${String(text)}`);
    const dot = text.indexOf('.');
    const scale = dot < 0 ? 0 : text.length - dot - 1;
    if (this.#scale < 0) this.#scale = scale;
    const units = Number(dot < 0 ? text : text.slice(0, dot) + text.slice(dot + 1));
    if (scale !== this.#scale || !Number.isSafeInteger(units)) {
      throw new ProtocolError(`not a decimal of ${this.#scale} places: ${text}`);
    }
    return units;
  }

  /** `units` as the server writes it; not negative. */
  write(units: number): string {
    const scale = Math.max(this.#scale, 0);
    const digits = String(units).padStart(scale + 1, '0');
    return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
}
