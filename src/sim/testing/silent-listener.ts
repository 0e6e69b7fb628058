// A listener that hears nothing: for engines of which only the state matters. Any thread; owns nothing.

import type { EngineListener } from '../../domain/listener.ts';

export const SILENT_LISTENER: EngineListener = {
  onTrade() {},
  onOrder() {},
  onRefused() {},
  onReplayed() {},
  onApplied() {},
  onObligation() {},
};
