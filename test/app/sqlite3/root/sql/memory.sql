-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE, c REAL DEFAULT 1.5, d BLOB, CHECK(c >= 0));
INSERT INTO t(b, d) VALUES ('one', x'00ff10'), ('Two', NULL), ('THREE', zeroblob(4));
INSERT INTO t(b, c) VALUES ('four', 2e10), ('it''s five', 0.1);
SELECT a, b, c, hex(d), typeof(d), length(b) FROM t ORDER BY b;
UPDATE t SET c = c * 2 WHERE b IN ('ONE', 'two') RETURNING a, c;
DELETE FROM t WHERE a = 3; SELECT changes(), total_changes(), last_insert_rowid();
INSERT INTO t(a, b) VALUES (1, 'again') ON CONFLICT(a) DO UPDATE SET b = excluded.b || '!' ;
SELECT group_concat(b, ','), sum(c), avg(c), min(b), max(a), count(*), count(d) FROM t;
CREATE TRIGGER log AFTER INSERT ON t BEGIN UPDATE t SET b = upper(new.b) WHERE a = new.a; END;
INSERT INTO t(b) VALUES ('by trigger'); SELECT * FROM t ORDER BY a DESC LIMIT 1;
WITH RECURSIVE fib(n, a, b) AS (VALUES (1, 0, 1) UNION ALL SELECT n + 1, b, a + b FROM fib WHERE n < 60) SELECT n, a FROM fib WHERE n % 12 = 0;
SELECT printf('%08.3f|%-6s|%,d|%x', 3.14159, 'ab', 1234567, 255), 7 / 2, 7 % -3, 7.0 / 2, 1 << 40, ~5, round(2.567, 1), abs(-3);
SELECT 'abc' LIKE 'A%', 'abc' GLOB 'A*', 'x' || NULL IS NULL, coalesce(NULL, 2), nullif(1, 1), iif(1 > 2, 'y', 'n'), instr('unikernel', 'ker'), replace('aXbX', 'X', '-'), quote('it''s'), unicode('ß'), char(9731);
SELECT date('2024-02-29', '+1 year'), strftime('%Y-%j %W', '2025-12-31'), julianday('2000-01-01 12:00'), time(86399, 'unixepoch');
SELECT max(0.1 + 0.2, 0.3), 9223372036854775807 + 1, CAST('12abc' AS INTEGER), CAST(3.99 AS INTEGER), 1e308 * 10, typeof(1 / 0);
