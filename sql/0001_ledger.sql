-- The ledger: what the journal says, as rows. Written by one projector, in transactions that carry rows and checkpoint
-- together; everything here can be dropped and rebuilt from the journal. Nobody else may write to these tables.
-- Runs on PostgreSQL 15 and later. Never change this file once it was applied: add the next number instead.

CREATE TABLE trades (
    trade_number     bigint         NOT NULL,
    sequence         bigint         NOT NULL,
    maker_order      bigint         NOT NULL,
    taker_order      bigint         NOT NULL,
    executed_at      timestamptz(6) NOT NULL,
    maker_created_at timestamptz(6) NOT NULL,
    taker_created_at timestamptz(6) NOT NULL,
    trade_id         uuid           NOT NULL,
    buy_order_id     uuid           NOT NULL,
    sell_order_id    uuid           NOT NULL,
    instrument       text           NOT NULL,
    taker_side       text           NOT NULL,
    price            numeric        NOT NULL,
    quantity         numeric        NOT NULL,
    buy_client_id    text           NOT NULL,
    sell_client_id   text           NOT NULL,
    PRIMARY KEY (trade_number)
);
COMMENT ON TABLE trades IS 'One row per trade, written once, never changed. Trade numbers have no gaps.';
COMMENT ON COLUMN trades.trade_number IS 'Count of trades since the journal began, 1, 2, 3, ...; the newest trade has the highest.';
COMMENT ON COLUMN trades.sequence IS 'Sequence of the command that caused the trade; one command may cause many.';
COMMENT ON COLUMN trades.maker_order IS 'Order number of the resting order (orders.sequence counts in the same order).';
COMMENT ON COLUMN trades.taker_order IS 'Order number of the incoming order.';
COMMENT ON COLUMN trades.executed_at IS 'Batch time of the journal frame that held the command.';
COMMENT ON COLUMN trades.maker_created_at IS 'When the maker order was placed; part of its public id.';
COMMENT ON COLUMN trades.taker_created_at IS 'When the taker order was placed; part of its public id.';
COMMENT ON COLUMN trades.trade_id IS 'Public id of the trade.';
COMMENT ON COLUMN trades.buy_order_id IS 'Public id of the buying order.';
COMMENT ON COLUMN trades.sell_order_id IS 'Public id of the selling order.';
COMMENT ON COLUMN trades.taker_side IS 'buy or sell: the side of the incoming order.';
COMMENT ON COLUMN trades.price IS 'The maker''s price, in the quote currency, with the instrument''s decimals.';
COMMENT ON COLUMN trades.quantity IS 'In the base currency, with the instrument''s decimals.';

-- Rows change while the order lives, so pages keep room for the next version of a row beside it.
CREATE TABLE open_orders (
    order_number     bigint         NOT NULL,
    sequence         bigint         NOT NULL,
    created_at       timestamptz(6) NOT NULL,
    updated_at       timestamptz(6) NOT NULL,
    order_id         uuid           NOT NULL,
    client_id        text           NOT NULL,
    instrument       text           NOT NULL,
    side             text           NOT NULL,
    type             text           NOT NULL,
    time_in_force    text           NOT NULL,
    status           text           NOT NULL,
    reject_reason    text,
    post_only        boolean        NOT NULL,
    price            numeric,
    quantity         numeric        NOT NULL,
    filled_quantity  numeric        NOT NULL,
    notional         numeric        NOT NULL,
    PRIMARY KEY (order_number)
) WITH (fillfactor = 70);
COMMENT ON TABLE open_orders IS 'The orders that rest in the book at the checkpoint. A row is added, changed and removed.';

CREATE TABLE closed_orders (
    order_number     bigint         NOT NULL,
    sequence         bigint         NOT NULL,
    created_at       timestamptz(6) NOT NULL,
    updated_at       timestamptz(6) NOT NULL,
    order_id         uuid           NOT NULL,
    client_id        text           NOT NULL,
    instrument       text           NOT NULL,
    side             text           NOT NULL,
    type             text           NOT NULL,
    time_in_force    text           NOT NULL,
    status           text           NOT NULL,
    reject_reason    text,
    post_only        boolean        NOT NULL,
    price            numeric,
    quantity         numeric        NOT NULL,
    filled_quantity  numeric        NOT NULL,
    notional         numeric        NOT NULL,
    PRIMARY KEY (order_number)
);
COMMENT ON TABLE closed_orders IS 'Orders that ended: filled, cancelled, rejected. One row per order, written once, never changed.';

-- The same columns mean the same in both tables.
DO $$
DECLARE
    side text;
BEGIN
    FOREACH side IN ARRAY ARRAY['open_orders', 'closed_orders'] LOOP
        EXECUTE format('COMMENT ON COLUMN %I.order_number IS %L', side, 'Sequence of the command that placed the order.');
        EXECUTE format('COMMENT ON COLUMN %I.sequence IS %L', side, 'Sequence of the command that last changed the order.');
        EXECUTE format('COMMENT ON COLUMN %I.created_at IS %L', side, 'Batch time of the placing command.');
        EXECUTE format('COMMENT ON COLUMN %I.updated_at IS %L', side, 'Batch time of the last change.');
        EXECUTE format('COMMENT ON COLUMN %I.order_id IS %L', side, 'Public id.');
        EXECUTE format('COMMENT ON COLUMN %I.reject_reason IS %L', side, 'Why it was rejected or its remainder cancelled; null while open and when filled.');
        EXECUTE format('COMMENT ON COLUMN %I.price IS %L', side, 'Limit price with the instrument''s decimals; null for market orders.');
        EXECUTE format('COMMENT ON COLUMN %I.quantity IS %L', side, 'Total quantity, executed part included.');
        EXECUTE format('COMMENT ON COLUMN %I.filled_quantity IS %L', side, 'Executed quantity.');
        EXECUTE format('COMMENT ON COLUMN %I.notional IS %L', side, 'Exact sum of price x quantity over all executions.');
    END LOOP;
END
$$;

CREATE VIEW orders AS
    SELECT order_id, client_id, instrument, side, type, price, quantity, filled_quantity, notional,
           CASE WHEN filled_quantity > 0 THEN notional / filled_quantity END AS average_price,
           status, reject_reason, time_in_force, post_only, created_at, updated_at, sequence, order_number
    FROM open_orders
    UNION ALL
    SELECT order_id, client_id, instrument, side, type, price, quantity, filled_quantity, notional,
           CASE WHEN filled_quantity > 0 THEN notional / filled_quantity END AS average_price,
           status, reject_reason, time_in_force, post_only, created_at, updated_at, sequence, order_number
    FROM closed_orders;
COMMENT ON VIEW orders IS 'Every order of the journal up to the checkpoint, open and closed. An order is in exactly one of the two tables.';
COMMENT ON COLUMN orders.average_price IS 'notional / filled_quantity, rounded by division; null when nothing executed.';

CREATE TABLE projection_checkpoint (
    shard            smallint       NOT NULL,
    journal_id       text           NOT NULL,
    sequence         bigint         NOT NULL DEFAULT 0,
    event_sequence   bigint         NOT NULL DEFAULT 0,
    event_time_us    bigint         NOT NULL DEFAULT 0,
    trade_number     bigint         NOT NULL DEFAULT 0,
    frame            bigint,
    chain_hash       bytea,
    updated_at       timestamptz(6) NOT NULL DEFAULT now(),
    PRIMARY KEY (shard)
);
COMMENT ON TABLE projection_checkpoint IS 'How far the ledger has come. Changes in the same transaction as the rows it vouches for: the only authority on what is projected.';
COMMENT ON COLUMN projection_checkpoint.journal_id IS 'Identity of the journal these rows come from. Another journal is never projected here.';
COMMENT ON COLUMN projection_checkpoint.sequence IS 'Every command up to this sequence is in the ledger, none after it.';
COMMENT ON COLUMN projection_checkpoint.event_sequence IS 'Last sequence, up to the one above, that left a row or a change; 0 before the first.';
COMMENT ON COLUMN projection_checkpoint.event_time_us IS 'Its batch time, microseconds since 1970. A journal that says otherwise is a fork.';
COMMENT ON COLUMN projection_checkpoint.trade_number IS 'Highest trade number projected; 0 before the first.';
COMMENT ON COLUMN projection_checkpoint.frame IS 'Journal frame that ends at or before the sequence, when known.';
COMMENT ON COLUMN projection_checkpoint.chain_hash IS 'SHA-256 of that frame, when known.';
