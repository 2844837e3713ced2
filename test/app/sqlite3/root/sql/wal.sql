-- SPDX-License-Identifier: Apache-2.0
PRAGMA journal_mode = wal;
CREATE TABLE t(x, y); BEGIN; INSERT INTO t WITH RECURSIVE i(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 2000) SELECT n, hex(zeroblob(20)) FROM i; COMMIT;
SELECT count(*), sum(x) FROM t; PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET x = -x WHERE x % 2; SELECT sum(x) FROM t; PRAGMA integrity_check;
PRAGMA journal_mode = delete; SELECT count(*) FROM t;
