-- SPDX-License-Identifier: Apache-2.0
PRAGMA journal_mode = truncate; CREATE TABLE t(x); BEGIN; INSERT INTO t VALUES (1); COMMIT;
PRAGMA journal_mode = persist; BEGIN; INSERT INTO t VALUES (2); ROLLBACK; INSERT INTO t VALUES (3);
PRAGMA journal_mode = memory; INSERT INTO t VALUES (4);
PRAGMA journal_mode = off; INSERT INTO t VALUES (5);
PRAGMA journal_mode = delete; PRAGMA synchronous = extra; INSERT INTO t VALUES (6); PRAGMA locking_mode = exclusive; INSERT INTO t VALUES (7);
SELECT group_concat(x) FROM t; PRAGMA integrity_check;
