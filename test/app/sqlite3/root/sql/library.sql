-- SPDX-License-Identifier: Apache-2.0
-- The packaged database: some books with loans made up by arithmetic.
PRAGMA page_size = 4096;
CREATE TABLE author(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, born INTEGER);
CREATE TABLE book(id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES author(id), title TEXT NOT NULL, year INTEGER, price REAL);
CREATE TABLE loan(id INTEGER PRIMARY KEY, book INTEGER NOT NULL REFERENCES book(id), reader INTEGER NOT NULL, day TEXT NOT NULL, days INTEGER);
INSERT INTO author(name, born) VALUES ('Ada', 1815), ('Grace', 1906), ('Alan', 1912), ('Edsger', 1930), ('Barbara', 1939), ('Nobody', NULL);
INSERT INTO book(author, title, year, price)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199)
    SELECT 1 + i % 5, 'Volume ' || i || ' on ' || substr('tables ranges spaces rights', 1 + 7 * (i % 4), 6), 1900 + i * 7 % 100, 5 + (i * 37 % 400) / 10.0 FROM n;
INSERT INTO loan(book, reader, day, days)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
    SELECT 1 + i * 13 % 200, 1 + i * i % 97, date('2020-01-01', (i * 11 % 1500) || ' days'), CASE WHEN i % 50 = 0 THEN NULL ELSE 1 + i * 3 % 28 END FROM n;
CREATE INDEX loan_book ON loan(book);
CREATE INDEX loan_day ON loan(day, reader);
CREATE INDEX book_year ON book(year) WHERE price > 20;
CREATE VIEW popular AS SELECT book.title, count(*) AS loans FROM book JOIN loan ON loan.book = book.id GROUP BY book.id;
ANALYZE;
