-- SPDX-License-Identifier: Apache-2.0
PRAGMA journal_mode;
CREATE TABLE account(id INTEGER PRIMARY KEY, owner TEXT UNIQUE, balance INTEGER CHECK(balance >= 0));
BEGIN; INSERT INTO account(owner, balance) VALUES ('a', 100), ('b', 50); COMMIT;
BEGIN; UPDATE account SET balance = balance - 30 WHERE owner = 'a'; UPDATE account SET balance = balance + 30 WHERE owner = 'b'; ROLLBACK;
SELECT owner, balance FROM account;
BEGIN; UPDATE account SET balance = balance - 30 WHERE owner = 'a'; SAVEPOINT half; UPDATE account SET balance = balance + 1000; ROLLBACK TO half; UPDATE account SET balance = balance + 30 WHERE owner = 'b'; COMMIT;
SELECT owner, balance FROM account;
CREATE TABLE big(n INTEGER, filler BLOB);
BEGIN; INSERT INTO big WITH RECURSIVE i(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 3000) SELECT n, zeroblob(n % 700) FROM i; COMMIT;
CREATE INDEX big_n ON big(n DESC); SELECT count(*), sum(length(filler)) FROM big WHERE n > 100;
DELETE FROM big WHERE n % 3 = 0; UPDATE big SET filler = NULL WHERE n % 2 = 0; SELECT count(*), sum(length(filler)) FROM big;
PRAGMA integrity_check; PRAGMA page_count; VACUUM; PRAGMA freelist_count;
PRAGMA cache_size = 10; BEGIN; UPDATE big SET filler = zeroblob(900); ROLLBACK; SELECT sum(length(filler)) FROM big;
ATTACH '/data/library.db' AS library; INSERT INTO account(owner, balance) SELECT name, born FROM library.author WHERE born IS NOT NULL; SELECT count(*), sum(balance) FROM account; DETACH library;
.open /tmp/other.db
CREATE TABLE one(x); INSERT INTO one VALUES (1);
.open /tmp/changed.db
SELECT owner, balance FROM account ORDER BY owner DESC LIMIT 2;
.tables
PRAGMA integrity_check;
