-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE n(i INTEGER PRIMARY KEY, s TEXT, r REAL);
INSERT INTO n WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 60000) SELECT i, 'item ' || (i * 7919 % 60013), i * 0.25 FROM c;
CREATE INDEX n_s ON n(s); SELECT count(*), count(DISTINCT s), max(s), sum(r) FROM n;
SELECT a.i FROM n a JOIN n b ON a.s = b.s WHERE b.i % 5000 = 0 ORDER BY a.s LIMIT 20;
SELECT i % 7, count(*), avg(r), max(length(s)) FROM n GROUP BY 1 ORDER BY 3 DESC;
