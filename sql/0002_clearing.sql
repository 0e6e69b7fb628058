-- Stops, icebergs, expiries and self-trade prevention on orders; fees on trades; instruments; settlements.
-- Rows that were written before keep their meaning: none of their orders had any of this, and no trade had a fee.
-- Runs on PostgreSQL 15 and later. Never change this file once it was applied: add the next number instead.

ALTER TABLE trades
    ADD COLUMN maker_fee numeric NOT NULL DEFAULT 0,
    ADD COLUMN taker_fee numeric NOT NULL DEFAULT 0;
COMMENT ON COLUMN trades.maker_fee IS 'What the maker paid, in the quote currency, exact; negative is a rebate.';
COMMENT ON COLUMN trades.taker_fee IS 'What the taker paid, in the quote currency, exact; negative is a rebate.';

-- The same columns mean the same in both tables.
DO $$
DECLARE
    side text;
BEGIN
    FOREACH side IN ARRAY ARRAY['open_orders', 'closed_orders'] LOOP
        EXECUTE format('ALTER TABLE %I
            ADD COLUMN stop_price         numeric,
            ADD COLUMN triggered          boolean NOT NULL DEFAULT false,
            ADD COLUMN display_quantity   numeric,
            ADD COLUMN expires_at         timestamptz(6),
            ADD COLUMN stp                text    NOT NULL DEFAULT ''none'',
            ADD COLUMN prevented_quantity numeric NOT NULL DEFAULT 0,
            ADD COLUMN protection_price   numeric,
            ADD COLUMN max_slippage       numeric,
            ADD COLUMN by_quote_amount    boolean NOT NULL DEFAULT false', side);
        EXECUTE format('COMMENT ON COLUMN %I.stop_price IS %L', side, 'The last trade price that triggers the order; null when it is no stop.');
        EXECUTE format('COMMENT ON COLUMN %I.triggered IS %L', side, 'The stop price was reached and the order came in; false of a stop that waits, or ended waiting.');
        EXECUTE format('COMMENT ON COLUMN %I.display_quantity IS %L', side, 'What an iceberg shows at a time; null when the order shows all.');
        EXECUTE format('COMMENT ON COLUMN %I.expires_at IS %L', side, 'When a good-till-time order ends; null otherwise.');
        EXECUTE format('COMMENT ON COLUMN %I.stp IS %L', side, 'Self-trade prevention: none, dc (decrement and cancel), co (cancel oldest), cn (cancel newest) or cb (cancel both).');
        EXECUTE format('COMMENT ON COLUMN %I.prevented_quantity IS %L', side, 'What self-trade prevention took off the quantity without a trade; neither executed nor cancelled.');
        EXECUTE format('COMMENT ON COLUMN %I.protection_price IS %L', side, 'The worst price at which a market order may trade; null when there is none.');
        EXECUTE format('COMMENT ON COLUMN %I.max_slippage IS %L', side, 'Greatest distance of a market order from the best opposite price on arrival; null when there is none.');
        EXECUTE format('COMMENT ON COLUMN %I.by_quote_amount IS %L', side, 'A market order by what it may spend or earn: its quantity is what came of it.');
    END LOOP;
END
$$;
COMMENT ON TABLE open_orders IS 'The orders that are live at the checkpoint: in the book, or waiting for their stop price. A row is added, changed and removed.';
COMMENT ON TABLE closed_orders IS 'Orders that ended: filled, cancelled, rejected, expired. One row per order, written once, never changed.';

CREATE OR REPLACE VIEW orders AS
    SELECT order_id, client_id, instrument, side, type, price, quantity, filled_quantity, notional,
           CASE WHEN filled_quantity > 0 THEN notional / filled_quantity END AS average_price,
           status, reject_reason, time_in_force, post_only, created_at, updated_at, sequence, order_number,
           stop_price, triggered, display_quantity, expires_at, stp, prevented_quantity, protection_price, max_slippage,
           by_quote_amount
    FROM open_orders
    UNION ALL
    SELECT order_id, client_id, instrument, side, type, price, quantity, filled_quantity, notional,
           CASE WHEN filled_quantity > 0 THEN notional / filled_quantity END AS average_price,
           status, reject_reason, time_in_force, post_only, created_at, updated_at, sequence, order_number,
           stop_price, triggered, display_quantity, expires_at, stp, prevented_quantity, protection_price, max_slippage,
           by_quote_amount
    FROM closed_orders;

CREATE TABLE instruments (
    name             text           NOT NULL,
    instrument_index smallint       NOT NULL,
    sequence         bigint         NOT NULL,
    changed_at       timestamptz(6),
    base             text           NOT NULL,
    quote            text           NOT NULL,
    price_scale      smallint       NOT NULL,
    quantity_scale   smallint       NOT NULL,
    tick             numeric        NOT NULL,
    lot              numeric        NOT NULL,
    min_price        numeric        NOT NULL,
    max_price        numeric        NOT NULL,
    min_quantity     numeric        NOT NULL,
    max_quantity     numeric        NOT NULL,
    price_band_bps   integer        NOT NULL,
    reference_price  numeric,
    maker_fee_rate   numeric        NOT NULL,
    taker_fee_rate   numeric        NOT NULL,
    status           text           NOT NULL,
    PRIMARY KEY (name),
    UNIQUE (instrument_index)
);
COMMENT ON TABLE instruments IS 'What can be traded, as it stands at the checkpoint. A row is added and changed, never removed.';
COMMENT ON COLUMN instruments.name IS 'What trades.instrument and orders.instrument name. Orders for no instrument say unknown, and have no row here.';
COMMENT ON COLUMN instruments.instrument_index IS 'Its number in the journal: 0, 1, 2, ... in the order of definition.';
COMMENT ON COLUMN instruments.sequence IS 'Sequence of the command that last changed it; 0 for what was there before the first command.';
COMMENT ON COLUMN instruments.changed_at IS 'Batch time of that command; null at sequence 0.';
COMMENT ON COLUMN instruments.base IS 'Currency that quantities count. Never changes.';
COMMENT ON COLUMN instruments.quote IS 'Currency that prices, notionals and fees count. Never changes.';
COMMENT ON COLUMN instruments.price_scale IS 'Decimals of a price. Never changes.';
COMMENT ON COLUMN instruments.quantity_scale IS 'Decimals of a quantity. Never changes.';
COMMENT ON COLUMN instruments.tick IS 'Prices are multiples of it.';
COMMENT ON COLUMN instruments.lot IS 'Quantities are multiples of it.';
COMMENT ON COLUMN instruments.min_price IS 'Least price of an order.';
COMMENT ON COLUMN instruments.max_price IS 'Greatest price of an order.';
COMMENT ON COLUMN instruments.min_quantity IS 'Least quantity of an order.';
COMMENT ON COLUMN instruments.max_quantity IS 'Greatest quantity of an order.';
COMMENT ON COLUMN instruments.price_band_bps IS 'Width of the price band on each side of the last trade price, in basis points; 0: no band.';
COMMENT ON COLUMN instruments.reference_price IS 'The middle of the band until the first trade; null: no band until then.';
COMMENT ON COLUMN instruments.maker_fee_rate IS 'Fraction of the notional that the maker pays (0.0001 is one basis point); negative is a rebate.';
COMMENT ON COLUMN instruments.taker_fee_rate IS 'Fraction of the notional that the taker pays; negative is a rebate.';
COMMENT ON COLUMN instruments.status IS 'open, post_only, cancel_only, halted or delisted.';

CREATE TABLE settlements (
    cycle            bigint         NOT NULL,
    sequence         bigint         NOT NULL,
    closed_at        timestamptz(6) NOT NULL,
    obligations      bigint         NOT NULL,
    PRIMARY KEY (cycle)
);
COMMENT ON TABLE settlements IS 'One row per settlement cycle that was closed, written once, never changed. Cycles have no gaps.';
COMMENT ON COLUMN settlements.cycle IS 'Count of cycles since the journal began: 1, 2, 3, ...';
COMMENT ON COLUMN settlements.sequence IS 'Sequence of the command that closed it. The cycle holds the trades up to here, and after the cycle before.';
COMMENT ON COLUMN settlements.closed_at IS 'Batch time of that command.';
COMMENT ON COLUMN settlements.obligations IS 'How many rows of settlement_obligations it has, the venue''s included.';

CREATE TABLE settlement_obligations (
    cycle            bigint         NOT NULL,
    client_id        text,
    currency         text           NOT NULL,
    amount           numeric        NOT NULL CHECK (amount <> 0),
    UNIQUE NULLS NOT DISTINCT (cycle, client_id, currency)
);
COMMENT ON TABLE settlement_obligations IS 'What each party gets or owes when a cycle is settled: net of all instruments. Written with its settlement, never changed. The amounts of a cycle sum to zero in every currency.';
COMMENT ON COLUMN settlement_obligations.cycle IS 'The settlement it is part of.';
COMMENT ON COLUMN settlement_obligations.client_id IS 'The client; null is the venue, which takes the fees and pays the rebates.';
COMMENT ON COLUMN settlement_obligations.currency IS 'Currency of the amount: the base of one instrument may be the quote of another.';
COMMENT ON COLUMN settlement_obligations.amount IS 'Positive: the party receives it. Negative: it owes it. Exact, fees included; a party that is even has no row.';
