-- SPDX-License-Identifier: Apache-2.0
.mode box
SELECT * FROM author;
.mode csv
.headers on
SELECT id, title FROM book LIMIT 2;
.mode insert author
SELECT * FROM author LIMIT 2;
.mode json
SELECT * FROM author LIMIT 2;
.mode line
SELECT * FROM author LIMIT 1;
.mode list
.separator " / "
SELECT * FROM author LIMIT 1;
.tables
.indexes loan
.schema popular
.once /tmp/once.txt
SELECT count(*) FROM loan;
.databases
.dump author
.output /tmp/out.sql
.dump author
.output
.open :memory:
.read /tmp/out.sql
SELECT count(*), 'from the dump' FROM author;
.backup /tmp/backup.db
.open /tmp/backup.db
SELECT max(born) FROM author;
.show
.bail on
.exit 5
