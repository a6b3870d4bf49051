-- Lend slots by Rule W: fewer than so many are lent, or rest.
-- Everything is in microseconds of this server's clock; a gate is one row, and its lock
-- keeps trips apart. The tables are not logged: after a crash they are empty, and a
-- store that has forgotten everything lends nothing at first.
CREATE TABLE esa_flows_cap_form (form int NOT NULL);

CREATE UNLOGGED TABLE esa_flows_cap_gates (
  gate text PRIMARY KEY,
  opens bigint NOT NULL,
  last bigint NOT NULL DEFAULT 0,
  lent bigint[] NOT NULL DEFAULT '{}',
  answered bigint[] NOT NULL DEFAULT '{}',
  other bigint[] NOT NULL DEFAULT '{}',
  calls bigint NOT NULL DEFAULT 0,
  since bigint NOT NULL DEFAULT 0,
  paused bigint NOT NULL DEFAULT 0,
  urgent bigint NOT NULL DEFAULT 0,
  hurries bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 30);

CREATE UNLOGGED TABLE esa_flows_cap_shares (
  gate text NOT NULL,
  owner bigint NOT NULL,
  part bigint NOT NULL,
  until bigint NOT NULL,
  lives boolean NOT NULL DEFAULT false,
  PRIMARY KEY (gate, owner)
);

CREATE FUNCTION esa_flows_cap_now() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
$$;

-- What a client keeps to itself is not lent to others; it lives once the others are down
-- to the remainder. Gives the parts of others and of this one.
CREATE FUNCTION esa_flows_cap_keep(
  which text, who bigint, moment bigint, wanted bigint, calls bigint,
  hold bigint, rest bigint, OUT others bigint, OUT mine bigint
) LANGUAGE plpgsql AS $$
DECLARE
  found_until bigint;
BEGIN
  DELETE FROM esa_flows_cap_shares WHERE gate = which AND until <= moment;
  SELECT coalesce(sum(part) FILTER (WHERE owner <> who), 0),
         coalesce(sum(part) FILTER (WHERE owner = who), 0),
         max(until) FILTER (WHERE owner = who)
    INTO others, mine, found_until
    FROM esa_flows_cap_shares WHERE gate = which;

  IF mine = 0 THEN
    mine := greatest(0, least(wanted, 1000000 - others - ceil(1000000.0 / calls)::bigint));
  END IF;

  IF wanted = 0 THEN
    hold := least(rest, found_until - moment);
  END IF;

  IF mine > 0 THEN
    INSERT INTO esa_flows_cap_shares (gate, owner, part, until)
      VALUES (which, who, mine, moment + hold)
      ON CONFLICT (gate, owner) DO UPDATE SET until = excluded.until;
  END IF;
END
$$;

-- `ask`: owner, calls, slots, urgent, period, rest, birth, lease, hold, share, taught, ago, pause.
-- Gives: delay, wait, in flight, answered, taught, ago, pause, share, tickets.
CREATE FUNCTION esa_flows_cap_lend(
  which text, ask bigint[], tickets bigint[], rests bigint[], fates bigint[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  who bigint := ask[1];
  calls bigint := ask[2];
  wanted bigint := ask[3];
  is_urgent boolean := ask[4] = 1;
  period bigint := ask[5];
  rest bigint := ask[6];
  birth bigint := ask[7];
  lease bigint := ask[8];
  share bigint := ask[10];
  g esa_flows_cap_gates%ROWTYPE;
  moment bigint;
  far bigint;
  gone bigint;
  kept record;
  is_own_alive boolean := false;
  at_most bigint;
  busy bigint;
  number bigint := 0;
  delay bigint := 0;
  wait bigint := 0;
  given bigint[] := '{}';
BEGIN
  LOOP
    SELECT * INTO g FROM esa_flows_cap_gates WHERE gate = which FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO esa_flows_cap_gates (gate, opens)
      VALUES (which, esa_flows_cap_now() + birth) ON CONFLICT DO NOTHING;
  END LOOP;

  -- Read under the lock: whoever waited for it must not decide for an earlier moment.
  moment := esa_flows_cap_now();

  -- Nothing true is written for a moment later than this.
  far := moment + greatest(lease, birth) + rest;
  IF g.opens > far THEN
    g.opens := moment + birth;
  END IF;

  -- Slots that are brought back; a ticket that is not known any more is nobody's.
  FOR i IN 1 .. cardinality(tickets) LOOP
    IF tickets[i] = ANY (g.lent) THEN
      g.lent := array_remove(g.lent, tickets[i]);
      IF fates[i] = 0 THEN
        g.answered := g.answered || (moment + rests[i]);
      ELSIF fates[i] = 1 THEN
        g.other := g.other || (moment + rests[i]);
      END IF;
    END IF;
  END LOOP;

  -- Slots of those who are gone, and what was written before the clock was set back.
  gone := (SELECT count(*) FROM unnest(g.lent) t
            WHERE t <= moment - lease OR t > far);
  IF gone > 0 THEN
    g.lent := ARRAY(SELECT t FROM unnest(g.lent) t
                     WHERE t > moment - lease AND t <= far);
    g.other := g.other || array_fill(moment + rest, ARRAY[gone::int]);
  END IF;

  g.answered := ARRAY(
    SELECT CASE WHEN u > far THEN moment + rest ELSE u END
      FROM unnest(g.answered) u WHERE u > moment);
  g.other := ARRAY(
    SELECT CASE WHEN u > far THEN moment + rest ELSE u END
      FROM unnest(g.other) u WHERE u > moment);

  kept := esa_flows_cap_keep(which, who, moment, share, calls, ask[9], rest);
  at_most := greatest(1, calls * (1000000 - kept.others - kept.mine) / 1000000);
  busy := cardinality(g.lent) + cardinality(g.answered) + cardinality(g.other);
  IF kept.mine > 0 THEN
    UPDATE esa_flows_cap_shares s
       SET lives = s.lives OR (busy <= at_most AND moment >= g.opens)
     WHERE s.gate = which AND s.owner = who
     RETURNING s.lives INTO is_own_alive;
  END IF;

  -- What refusals have taught, to whomever.
  IF ask[11] > 0 AND moment - ask[12] > g.since THEN
    g.calls := ask[11];
    g.since := moment - ask[12];
  END IF;

  IF ask[13] > 0 THEN
    g.paused := greatest(g.paused, moment + ask[13]);
  END IF;

  -- Lend what is free; else the one slot that is ready next, to be used then.
  IF wanted = 0 THEN
    wait := 0;
  ELSIF moment < g.opens THEN
    wait := g.opens - moment;
  ELSIF NOT is_urgent AND g.hurries <> who
        AND g.urgent > moment AND g.urgent <= far THEN
    wait := g.urgent - moment;
  ELSIF busy < at_most THEN
    number := least(wanted, at_most - busy);
  ELSIF cardinality(g.lent) < at_most THEN
    number := 1;
    delay := (SELECT u FROM unnest(g.answered || g.other) u
               ORDER BY u OFFSET busy - at_most LIMIT 1) - moment;
  END IF;

  -- Nothing is lent for a moment further off: its borrower may be gone by then.
  IF delay > period THEN
    number := 0;
    delay := 0;
  END IF;

  IF wanted > 0 AND number = 0 AND wait = 0 THEN
    wait := period;
    IF is_urgent THEN
      g.urgent := moment + wait + 20000;
      g.hurries := who;
    END IF;
  END IF;

  IF number > 0 THEN
    IF is_urgent AND g.hurries = who THEN
      g.urgent := 0;
    END IF;

    g.last := greatest(moment, g.last);
    given := ARRAY(SELECT g.last + n FROM generate_series(1, number) n);
    g.last := g.last + number;
    g.lent := g.lent || given;
  END IF;

  UPDATE esa_flows_cap_gates
     SET opens = g.opens, last = g.last, lent = g.lent, answered = g.answered,
         other = g.other, calls = g.calls, since = g.since, paused = g.paused,
         urgent = g.urgent, hurries = g.hurries
   WHERE gate = which;

  RETURN ARRAY[
    delay, wait, cardinality(g.lent), cardinality(g.answered), g.calls,
    CASE WHEN g.calls > 0 THEN moment - g.since ELSE 0 END,
    greatest(0, g.paused - moment),
    CASE WHEN is_own_alive AND share > 0 THEN kept.mine ELSE 0 END
  ] || given;
END
$$;
