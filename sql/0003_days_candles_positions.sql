-- Trades and closed orders by day, so that old days can be dropped whole; candles of one minute; positions.
-- Rows that were written before move over, and candles and positions are made of them: the same that the projector would
-- have made.
-- Runs on PostgreSQL 15 and later. Never change this file once it was applied: add the next number instead.

-- Days are UTC days. A day's rows lie in trades_YYYYMMDD and closed_orders_YYYYMMDD. To let go of one:
--
--   ALTER TABLE trades DETACH PARTITION trades_20260601 CONCURRENTLY;
--   DROP TABLE trades_20260601;
--
-- and the same of closed_orders. Oldest days first, or `ringbook ledger verify` takes the gap for a loss. Candles,
-- positions and settlements keep what these days came to.

DROP VIEW orders;
ALTER TABLE trades RENAME TO trades_whole;
ALTER TABLE closed_orders RENAME TO closed_orders_whole;
CREATE TABLE trades (LIKE trades_whole INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (executed_at);
CREATE TABLE closed_orders (LIKE closed_orders_whole INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (updated_at);
COMMENT ON TABLE trades IS 'One row per trade, written once, never changed. Trade numbers have no gaps. By UTC day of executed_at.';
COMMENT ON TABLE closed_orders IS 'Orders that ended: filled, cancelled, rejected, expired. One row per order, written once, never changed. By UTC day of updated_at.';

-- The projector calls it within the transaction that writes the first rows of a day. Attaching, other than creating a
-- partition in place, neither waits for who reads the tables nor keeps them waiting.
CREATE FUNCTION ledger_add_days(days date[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    day date;
    name text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['trades', 'closed_orders'] LOOP
        FOREACH day IN ARRAY days LOOP
            name := parent || to_char(day, '_YYYYMMDD');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)', name, parent);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                to_char(day, 'YYYY-MM-DD 00:00:00+00'), to_char(day + 1, 'YYYY-MM-DD 00:00:00+00'));
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ledger_add_days IS 'Makes the partitions of these UTC days of trades and closed_orders, where they are not there.';

SELECT ledger_add_days(ARRAY(
    SELECT (executed_at AT TIME ZONE 'UTC')::date FROM trades_whole
    UNION SELECT (updated_at AT TIME ZONE 'UTC')::date FROM closed_orders_whole));
INSERT INTO trades SELECT * FROM trades_whole;
INSERT INTO closed_orders SELECT * FROM closed_orders_whole;
DROP TABLE trades_whole, closed_orders_whole;
-- The number alone is unique too; a partitioned key must contain what it is partitioned by.
ALTER TABLE trades ADD PRIMARY KEY (trade_number, executed_at);
ALTER TABLE closed_orders ADD PRIMARY KEY (order_number, updated_at);

CREATE VIEW orders AS
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
COMMENT ON VIEW orders IS 'Every order of the journal up to the checkpoint, open and closed, but for days that were dropped. An order is in exactly one of the two tables.';
COMMENT ON COLUMN orders.average_price IS 'notional / filled_quantity, rounded by division; null when nothing executed.';

CREATE TABLE candles (
    instrument       text           NOT NULL,
    opened_at        timestamptz(6) NOT NULL,
    first_trade      bigint         NOT NULL,
    last_trade       bigint         NOT NULL,
    trades           bigint         NOT NULL,
    open             numeric        NOT NULL,
    high             numeric        NOT NULL,
    low              numeric        NOT NULL,
    close            numeric        NOT NULL,
    volume           numeric        NOT NULL,
    notional         numeric        NOT NULL,
    PRIMARY KEY (instrument, opened_at)
) WITH (fillfactor = 70);
COMMENT ON TABLE candles IS 'What traded in each minute, per instrument. Changes with the trades, in their transaction. A minute without trades has no row.';
COMMENT ON COLUMN candles.instrument IS 'As in trades.';
COMMENT ON COLUMN candles.opened_at IS 'The minute begins here, inclusive, and ends before the next: batch time decides.';
COMMENT ON COLUMN candles.first_trade IS 'Number of its first trade.';
COMMENT ON COLUMN candles.last_trade IS 'Number of its last trade. Between the two may be trades of other instruments.';
COMMENT ON COLUMN candles.trades IS 'How many trades.';
COMMENT ON COLUMN candles.open IS 'Price of the first trade.';
COMMENT ON COLUMN candles.high IS 'Highest price.';
COMMENT ON COLUMN candles.low IS 'Lowest price.';
COMMENT ON COLUMN candles.close IS 'Price of the last trade.';
COMMENT ON COLUMN candles.volume IS 'Sum of the quantities, in the base currency, exact.';
COMMENT ON COLUMN candles.notional IS 'Sum of price x quantity, in the quote currency, exact. notional / volume is the average price.';

-- SELECT * FROM candles_of('1 hour') WHERE instrument = 'BTC-USD' ORDER BY opened_at;
-- SELECT * FROM candles_of('1 day', since => '2026-06-01', until => '2026-07-01') WHERE instrument = 'BTC-USD';
CREATE FUNCTION candles_of(
    width interval, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS SETOF candles LANGUAGE sql STABLE AS $$
    SELECT instrument, date_bin(width, opened_at, timestamptz '2001-01-01 00:00:00+00'),
           min(first_trade), max(last_trade), sum(trades)::bigint,
           (array_agg(open ORDER BY first_trade))[1], max(high), min(low),
           (array_agg(close ORDER BY first_trade DESC))[1], sum(volume), sum(notional)
    FROM candles WHERE opened_at >= since AND opened_at < until
    GROUP BY 1, 2
$$;
COMMENT ON FUNCTION candles_of IS 'Candles of whole minutes, hours, days or weeks (UTC, weeks from Monday), made of those of one minute from since to before until. An interval without trades has no row.';

INSERT INTO candles
    SELECT instrument, date_bin('1 minute', executed_at, timestamptz '2001-01-01 00:00:00+00'),
           min(trade_number), max(trade_number), count(*),
           (array_agg(price ORDER BY trade_number))[1], max(price), min(price),
           (array_agg(price ORDER BY trade_number DESC))[1], sum(quantity), sum(price * quantity)
    FROM trades GROUP BY 1, 2;

CREATE TABLE positions (
    client_id        text           NOT NULL,
    instrument       text           NOT NULL,
    sequence         bigint         NOT NULL,
    updated_at       timestamptz(6) NOT NULL,
    net_quantity     numeric        NOT NULL,
    cost             numeric        NOT NULL,
    realised_profit  numeric        NOT NULL,
    fees             numeric        NOT NULL,
    PRIMARY KEY (client_id, instrument)
) WITH (fillfactor = 70);
COMMENT ON TABLE positions IS 'What each client that ever traded an instrument holds of it and has made with it. Changes with the trades, in their transaction.';
COMMENT ON COLUMN positions.client_id IS 'As in trades.';
COMMENT ON COLUMN positions.instrument IS 'As in trades.';
COMMENT ON COLUMN positions.sequence IS 'Sequence of the command that last changed it.';
COMMENT ON COLUMN positions.updated_at IS 'Batch time of that command.';
COMMENT ON COLUMN positions.net_quantity IS 'In the base currency: positive is long, negative short.';
COMMENT ON COLUMN positions.cost IS 'Signed notional it was entered at, in the quote currency, exact: average cost, rounded down to one tick x lot when a part is closed. cost / net_quantity is the average price.';
COMMENT ON COLUMN positions.realised_profit IS 'In the quote currency, exact, fees not included.';
COMMENT ON COLUMN positions.fees IS 'What the client paid, in the quote currency, exact; negative is rebates.';

-- RULES.md, Positions, over the trades that are there. The maker's side of a trade comes before the taker's.
DO $$
DECLARE
    leg record;
    held positions%ROWTYPE;
    decimals integer;
    closed numeric;
    opened numeric;
    share numeric;
BEGIN
    FOR leg IN
        SELECT l.client_id, instrument, sequence, executed_at, price, quantity, l.direction, l.fee FROM trades
        CROSS JOIN LATERAL (VALUES
            (1, CASE taker_side WHEN 'buy' THEN sell_client_id ELSE buy_client_id END,
                CASE taker_side WHEN 'buy' THEN -1 ELSE 1 END, maker_fee),
            (2, CASE taker_side WHEN 'buy' THEN buy_client_id ELSE sell_client_id END,
                CASE taker_side WHEN 'buy' THEN 1 ELSE -1 END, taker_fee)) AS l (place, client_id, direction, fee)
        ORDER BY l.client_id, instrument, trade_number, place
    LOOP
        IF (held.client_id, held.instrument) IS DISTINCT FROM (leg.client_id, leg.instrument) THEN
            IF held.client_id IS NOT NULL THEN
                INSERT INTO positions VALUES (held.*);
            END IF;
            SELECT leg.client_id, leg.instrument, 0, leg.executed_at, 0, 0, 0, 0 INTO held;
        END IF;
        closed := 0;
        IF held.net_quantity * leg.direction < 0 THEN
            closed := least(leg.quantity, abs(held.net_quantity));
            decimals := scale(leg.price) + scale(leg.quantity);
            -- floor(|cost| x closed / held) in units of tick x lot: div() is exact, other than /.
            share := div(abs(held.cost) * closed * ('1e' || decimals)::numeric, abs(held.net_quantity))
                * ('1e-' || decimals)::numeric;
            held.realised_profit := held.realised_profit + leg.direction * (share - leg.price * closed);
            held.cost := held.cost + leg.direction * share;
        END IF;
        opened := leg.quantity - closed;
        held.cost := held.cost + leg.direction * leg.price * opened;
        held.net_quantity := held.net_quantity + leg.direction * leg.quantity;
        held.fees := held.fees + leg.fee;
        held.sequence := leg.sequence;
        held.updated_at := leg.executed_at;
    END LOOP;
    IF held.client_id IS NOT NULL THEN
        INSERT INTO positions VALUES (held.*);
    END IF;
END
$$;
