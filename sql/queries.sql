-- Events in PostgreSQL 16 or newer: the tables (T1.3), then the questions (T1.1, T1.2).
--
--     psql -f sql/queries.sql DSN                      creates missing tables, then asks everything
--     psql -v as_of="'2026-11-22'" -f sql/queries.sql DSN
--
-- A program loads each statement by its name (sql/__init__.py) and binds `:as_of` and the like as
-- parameters. `uv run python -m sql DSN` runs every create_… in this order, in one transaction;
-- with --upgrade every upgrade_…, which does nothing to tables that are up to date. Both run
-- replace_… first. Days are UTC days everywhere.
--
-- Figures are from `make sql-plans` on PostgreSQL 18.6 and two cores: 1,000,000 events of 50
-- organisations and twelve months, everything in memory; inserting costs processor time.

-- Defaults for psql, as SQL expressions. Programs ignore every line that begins with a backslash.
\if :{?as_of} \else \set as_of NULL \endif
\if :{?first_day} \else \set first_day '(current_date - 29)' \endif
\if :{?last_day} \else \set last_day current_date \endif
\if :{?events} \else \set events '''[]''' \endif
\if :{?org_id} \else \set org_id '''org_acme''' \endif
\if :{?user_id} \else \set user_id '''user_001''' \endif
\if :{?event_type} \else \set event_type '''page_viewed''' \endif
\if :{?first} \else \set first '(now() - interval ''30 days'')' \endif
\if :{?last} \else \set last 'now()' \endif
\if :{?after_timestamp} \else \set after_timestamp NULL \endif
\if :{?after_event_id} \else \set after_event_id NULL \endif
\if :{?after_source} \else \set after_source NULL \endif
\if :{?at_least} \else \set at_least 0 \endif
SELECT to_regclass('events') IS NOT NULL AS tables_exist \gset


-- T1.3 -----------------------------------------------------------------------------------------

-- A promoted property: the amount as a number, null where it is missing or not a number. JSON
-- numbers have no bounds: an amount beyond double precision is null, so that it stops no insert.

-- name: replace_event_amount
CREATE OR REPLACE FUNCTION event_amount(properties jsonb) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN jsonb_typeof(properties -> 'amount') IS DISTINCT FROM 'number' THEN NULL
    WHEN abs((properties -> 'amount')::numeric) > 1e308 THEN NULL
    WHEN abs((properties -> 'amount')::numeric) < 1e-300 THEN 0
    ELSE (properties -> 'amount')::double precision
END;

\if :tables_exist \else

-- Two roles without logins, granted to those who connect. A tenant sees the one organisation that
-- its connection names (SET app.org_id); an operator reads all and keeps the partitions.

-- name: create_roles
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['analytics_tenant', 'analytics_operator'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN -- roles belong to the whole server
            NULL;
        END;
    END LOOP;
END $$;

-- Reference data. Ids compare by bytes (COLLATE "C"): the order of the API's pages, and no index
-- that an update of the operating system's languages could break.

-- name: create_reference_tables
CREATE TABLE organizations (
    org_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    plan text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE users (
    user_id text COLLATE "C" PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL, -- the strongest that the user holds anywhere
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email)); -- one account per address
CREATE TABLE memberships (
    user_id text COLLATE "C" REFERENCES users ON DELETE CASCADE,
    org_id text COLLATE "C" REFERENCES organizations ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('viewer', 'member', 'admin', 'owner')),
    joined_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, org_id)
);
CREATE INDEX memberships_org_id_idx ON memberships (org_id); -- who belongs here; deletes cascade
CREATE TABLE metric_kinds (
    org_id text COLLATE "C" REFERENCES organizations ON DELETE CASCADE,
    metric_name text COLLATE "C",
    kind text NOT NULL DEFAULT 'sum' CHECK (kind IN ('sum', 'gauge')), -- do days add up?
    PRIMARY KEY (org_id, metric_name)
);
CREATE TABLE metrics (
    org_id text COLLATE "C" REFERENCES organizations ON DELETE CASCADE,
    metric_name text COLLATE "C",
    date date,
    value numeric NOT NULL,
    PRIMARY KEY (org_id, metric_name, date) -- one reading; a chart is one range of this index
);

-- Events, append-only. One is (organisation, timestamp, event_id, source), as in the API; that this
-- is the primary key makes every insert idempotent. The source is public if a publishable key sent
-- the event, so that such a key can't take the place of an event that a backend sends.
-- An insert costs 11 µs an event in batches of 1,000.
--
-- Partitions are months of time. What that buys is retention (a month dropped in 9 ms, its 85,000
-- events deleted in 29 ms and left to VACUUM) and new entries going to small, recent indexes; the
-- questions here are no faster for it. Weeks and days insert 11 % cheaper, but a page of a year is
-- planned in 2 to 4 ms (weeks) or 30 to 50 ms (days) instead of 0.5 ms. Weeks should pay once the
-- indexes of a month outgrow memory.
-- Hashing organisations into 4 partitions a month adds 1 to 7 % to an insert and 30 to 80 % to
-- planning, and every index begins with org_id anyway: no. It should pay where many writers fight
-- over the same index pages.
-- No reference to organizations: it costs 26 % of an insert, and every writer would lock the row of
-- a busy organisation. The API lets nobody in without one.
-- No default partition: it would have to be scanned under lock whenever a partition is added; an
-- insert into a time without partition fails instead, and create_event_partitions comes first.

-- name: create_events
CREATE TABLE events (
    org_id text COLLATE "C" NOT NULL,
    timestamp timestamptz NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL DEFAULT 'trusted' CHECK (source IN ('public', 'trusted')),
    event_type text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL, -- of the customer's product, so no reference to users
    schema_version integer NOT NULL DEFAULT 1,
    properties jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(properties) = 'object'),
    -- Double precision, because its comparisons are leakproof and so may use an index under
    -- row-level security.
    amount double precision GENERATED ALWAYS AS (event_amount(properties)) STORED,
    PRIMARY KEY (org_id, timestamp, event_id, source)
) PARTITION BY RANGE (timestamp);

-- The primary key (128 MB) also is the index for an organisation's events in a range of time, in
-- the order of pages: Limit > Append > Index Scan, 0.07 ms, only the newest partition opened.

-- One user's events, 0.09 ms; active users without touching the table. 54 MB, 16 % of an insert.
CREATE INDEX events_user_idx ON events (org_id, user_id, timestamp);

-- Events of one type, 0.10 ms. Without it a rare type reads everything. 63 MB, 21 % of an insert.
CREATE INDEX events_type_idx ON events (org_id, event_type, timestamp);

-- Only the fifth of the events that have an amount: 0.19 ms, 9 MB, 5 % of an insert.
-- A stored column rewrites a table that is already large; there an index on the expression is built
-- partition by partition (CONCURRENTLY), but jsonb's operators are not leakproof, so that row-level
-- security keeps tenants' questions from using it. No GIN index on properties: nothing asks for it.
CREATE INDEX events_amount_idx ON events (org_id, amount) WHERE amount IS NOT NULL;

-- Organisations describe their event types; what has no description is accepted as it is, so a
-- new type or property needs no migration. A rule is a JSONPath predicate over the properties:
--     $.amount.type() == "number" && $.currency like_regex "^[A-Z]{3}$"
-- A change that old events do not fit is a new version; a version nobody registered is refused.

-- name: create_event_schemas
CREATE TABLE event_schemas (
    org_id text COLLATE "C" REFERENCES organizations ON DELETE CASCADE,
    event_type text COLLATE "C",
    schema_version integer CHECK (schema_version > 0),
    rule jsonpath NOT NULL,
    PRIMARY KEY (org_id, event_type, schema_version)
);

CREATE FUNCTION check_event_schemas() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT e.event_id, e.event_type, e.schema_version, s.rule INTO bad
    FROM new_events AS e LEFT JOIN event_schemas AS s USING (org_id, event_type, schema_version)
    WHERE CASE
        WHEN s.rule IS NOT NULL THEN (e.properties @@ s.rule) IS NOT TRUE
        ELSE EXISTS (SELECT FROM event_schemas AS other
                     WHERE (other.org_id, other.event_type) = (e.org_id, e.event_type))
    END
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'event % does not fit version % of %',
            bad.event_id, bad.schema_version, bad.event_type
            USING ERRCODE = 'check_violation', DETAIL = coalesce(
                'Its properties must satisfy ' || bad.rule, 'That version is not registered.');
    END IF;
    RETURN NULL;
END $$;

-- Once per statement, over its new rows together, it adds 1.2 µs an event. A trigger for each row,
-- which looks up every row alone, adds 4.5.

CREATE TRIGGER events_fit_their_schemas AFTER INSERT ON events
    REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION check_event_schemas();

-- Partitions are made ahead of time, by as many sessions as like to at once. LOCK admits one and
-- lets inserts and queries go on, as does ATTACH; CREATE TABLE … PARTITION OF would stop them.

-- name: create_partition_functions
CREATE FUNCTION create_event_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    starts timestamptz;
    partition text;
    created integer := 0;
BEGIN
    FOR starts IN
        SELECT generate_series(date_trunc('month', first_day::timestamptz), last_day, '1 month')
    LOOP
        partition := to_char(starts, '"events_"YYYY_MM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE;
        CONTINUE WHEN to_regclass(partition) IS NOT NULL; -- another session was faster
        EXECUTE format('CREATE TABLE %I (LIKE events INCLUDING ALL)', partition);
        EXECUTE format('ALTER TABLE events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition, starts, starts + interval '1 month');
        created := created + 1;
    END LOOP;
    RETURN created;
END $$;

-- Retention: dropping a partition removes files, where DELETE would touch every row and leave the
-- space to VACUUM. It needs the table for itself for that moment, so it gives up after two seconds
-- rather than queue everyone behind it; call it again later.

CREATE FUNCTION drop_event_partitions(before date) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    partition text;
    dropped text[] := '{}';
BEGIN
    FOR partition IN
        SELECT relid::regclass::text FROM pg_partition_tree('events')
        WHERE isleaf
          AND to_date(relid::regclass::text, '"events_"YYYY_MM') + interval '1 month' <= before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped || partition;
    END LOOP;
    RETURN dropped;
END $$;

REVOKE EXECUTE ON FUNCTION create_event_partitions, drop_event_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_event_partitions, drop_event_partitions TO analytics_operator;

-- Row-level security guards against the forgotten WHERE. FORCE holds it against the tables' owner
-- too. Partitions have no grants of their own, so that there is no way around the parent's policy.
-- A tenant who may type SQL could name another organisation: give those a policy by current_user.
-- Cost: none that shows beside 0.05 ms a page; current_setting runs once per scan.

-- name: create_policies
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'organizations', 'memberships', 'metric_kinds', 'metrics', 'event_schemas', 'events'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I USING '
                       '(org_id = (SELECT current_setting(''app.org_id'', true)))', name);
        EXECUTE format('CREATE POLICY operator ON %I FOR SELECT '
                       'TO analytics_operator USING (true)', name);
        EXECUTE format('GRANT SELECT ON %I TO analytics_tenant, analytics_operator', name);
    END LOOP;
END $$;

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY colleagues ON users
    USING (EXISTS (SELECT FROM memberships WHERE memberships.user_id = users.user_id));
GRANT SELECT ON users TO analytics_tenant, analytics_operator;
GRANT INSERT ON events TO analytics_tenant, analytics_operator;

-- An operator copies organisations and their people from the product, which owns them.

-- name: create_operator_policies
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['organizations', 'users', 'memberships'] LOOP
        EXECUTE format('CREATE POLICY copies ON %I TO analytics_operator USING (true)', name);
        EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %I TO analytics_operator', name);
    END LOOP;
END $$;

-- How far unfinished runs of `analytics export --to-postgres` have come, stored with their events.

-- name: create_exports
CREATE TABLE exports (
    export_id text PRIMARY KEY,
    progress jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON exports TO analytics_operator;

\endif

-- Tables made before events had a source get it here, once: `python -m sql --upgrade DSN`. All their
-- events count as trusted, which is what the API stores them as. The new primary key is built under
-- lock; ingest into PostgreSQL waits that long.

-- name: upgrade_event_source
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute
               WHERE attrelid = 'events'::regclass AND attname = 'source' AND NOT attisdropped) THEN
        RETURN;
    END IF;
    ALTER TABLE events
        ADD COLUMN source text COLLATE "C" NOT NULL DEFAULT 'trusted'
            CHECK (source IN ('public', 'trusted')),
        DROP CONSTRAINT events_pkey,
        ADD PRIMARY KEY (org_id, timestamp, event_id, source);
END $$;

-- The amount of tables made before event_amount existed could stop an insert. Rewrites the table.

-- name: upgrade_event_amount
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
               WHERE attrelid = 'events'::regclass AND attname = 'amount'
                 AND pg_get_expr(adbin, adrelid) LIKE '%event_amount%') THEN
        RETURN;
    END IF;
    ALTER TABLE events
        DROP COLUMN amount,
        ADD COLUMN amount double precision
            GENERATED ALWAYS AS (event_amount(properties)) STORED;
    CREATE INDEX events_amount_idx ON events (org_id, amount) WHERE amount IS NOT NULL;
END $$;

-- :events is a JSON array of events as GET /api/v1/events returns them. Sent again, they add
-- nothing: rowcount is the number of new ones. jsonb can't hold every JSON text (\u0000, half of a
-- surrogate pair, 1e200000); such an event is left out and unstorable_events reports it, so that it
-- does not stop the batch.

-- name: insert_events
INSERT INTO events
    (org_id, timestamp, event_id, source, event_type, user_id, schema_version, properties)
SELECT org_id, timestamp, event_id, coalesce(source, 'trusted'), event_type, user_id,
    coalesce(schema_version, 1), properties
FROM json_array_elements(:events::json) AS given (element)
CROSS JOIN LATERAL jsonb_to_record(
    CASE WHEN pg_input_is_valid(element::text, 'jsonb') THEN element::text::jsonb END
) AS event (
    org_id text, timestamp timestamptz, event_id text, source text, event_type text,
    user_id text, schema_version integer, properties jsonb
)
WHERE pg_input_is_valid(element::text, 'jsonb')
ON CONFLICT (org_id, timestamp, event_id, source) DO NOTHING;

-- The events of the same array that insert_events leaves out: their position from 1, and the reason.

-- name: unstorable_events
SELECT position, (pg_input_error_info(element::text, 'jsonb')).message AS reason
FROM json_array_elements(:events::json) WITH ORDINALITY AS given (element, position)
WHERE NOT pg_input_is_valid(element::text, 'jsonb')
ORDER BY position;


-- T1.1 -----------------------------------------------------------------------------------------
-- The five organisations with the most events in the 30 days up to :as_of (null: now).
-- Equal counts share a rank; a tie for the fifth place shows every organisation in it, so the
-- result never depends on chance. Events after :as_of (clocks ahead) are not counted. Counting
-- comes before joining: the join sees one row per organisation instead of one per event.
--
-- 19 ms over 82,000 events: Aggregate > Append > Index Only Scan of the partitions that the 30 days
-- touch, usually two of twelve. The bounds are known only when the query starts, and that is when
-- the others are removed.

-- name: top_organizations
WITH counts AS (
    SELECT org_id, count(*) AS events
    FROM events -- 720 hours, because in a local time zone '30 days' may have one more or less
    WHERE timestamp > coalesce(:as_of::timestamptz, now()) - interval '720 hours'
      AND timestamp <= coalesce(:as_of::timestamptz, now())
    GROUP BY org_id
), ranked AS (
    SELECT rank() OVER (ORDER BY events DESC) AS rank, org_id, events
    FROM counts
)
SELECT rank, org_id, name, plan, events
FROM ranked LEFT JOIN organizations USING (org_id)
WHERE rank <= 5
ORDER BY rank, org_id;


-- T1.2 -----------------------------------------------------------------------------------------
-- Distinct users per organisation and day, both days included; a day without events is 0, for
-- every organisation. Duplicates go first, hashed: count(DISTINCT) sorts, and takes 55 ms for 50.
--
-- 50 ms for 30 days of all: Hash Join > Aggregate > Aggregate > Seq Scan of that one month.
-- 2 ms for a tenant with 2 % of the events: the same, over an Index Only Scan of events_user_idx.

-- name: daily_active_users
WITH days AS (
    SELECT day::date
    FROM generate_series(:first_day::date::timestamp, :last_day::date::timestamp, '1 day') AS day
), active AS (
    SELECT DISTINCT org_id, (timestamp AT TIME ZONE 'UTC')::date AS day, user_id
    FROM events
    WHERE timestamp >= :first_day::date::timestamp AT TIME ZONE 'UTC'
      AND timestamp < (:last_day::date + 1)::timestamp AT TIME ZONE 'UTC'
), counts AS (
    SELECT org_id, day, count(*) AS active_users FROM active GROUP BY org_id, day
)
SELECT org_id, day, coalesce(active_users, 0) AS active_users
FROM organizations CROSS JOIN days LEFT JOIN counts USING (org_id, day)
ORDER BY org_id, day;


-- T1.3, asked ----------------------------------------------------------------------------------
-- Pages, newest first. The next one begins after the last row of this one: pass its timestamp,
-- event_id and source, or null for the first page. Partitions are in order of time, so the newest that fills
-- the page is the last one read.

-- name: events_of_organization
SELECT * FROM events
WHERE org_id = :org_id
  AND timestamp >= :first::timestamptz AND timestamp < :last::timestamptz
  AND (timestamp, event_id, source)
      < (coalesce(:after_timestamp, 'infinity'::timestamptz), coalesce(:after_event_id, ''),
         coalesce(:after_source, ''))
ORDER BY timestamp DESC, event_id DESC, source DESC
LIMIT 50;

-- name: events_of_user
SELECT * FROM events
WHERE org_id = :org_id AND user_id = :user_id
  AND timestamp >= :first::timestamptz AND timestamp < :last::timestamptz
  AND (timestamp, event_id, source)
      < (coalesce(:after_timestamp, 'infinity'::timestamptz), coalesce(:after_event_id, ''),
         coalesce(:after_source, ''))
ORDER BY timestamp DESC, event_id DESC, source DESC
LIMIT 50;

-- name: events_of_type
SELECT * FROM events
WHERE org_id = :org_id AND event_type = :event_type
  AND timestamp >= :first::timestamptz AND timestamp < :last::timestamptz
  AND (timestamp, event_id, source)
      < (coalesce(:after_timestamp, 'infinity'::timestamptz), coalesce(:after_event_id, ''),
         coalesce(:after_source, ''))
ORDER BY timestamp DESC, event_id DESC, source DESC
LIMIT 50;

-- A promoted property, asked like a column.

-- name: largest_amounts
SELECT timestamp, event_id, user_id, amount FROM events
WHERE org_id = :org_id AND event_type = :event_type AND amount >= :at_least
ORDER BY amount DESC
LIMIT 50;
