-- SPDX-License-Identifier: Apache-2.0
SELECT count(*), sum(days), avg(days), min(day), max(day) FROM loan;
SELECT name, count(DISTINCT book.id), count(loan.id), round(avg(price), 3) FROM author LEFT JOIN book ON book.author = author.id LEFT JOIN loan ON loan.book = book.id GROUP BY author.id ORDER BY name;
SELECT title, loans FROM popular ORDER BY loans DESC, title LIMIT 4;
SELECT substr(day, 1, 4) AS year, count(*), count(DISTINCT reader) FROM loan GROUP BY year HAVING count(*) > 100;
SELECT reader, count(*) AS n FROM loan WHERE day BETWEEN '2021-03-01' AND '2021-03-31' GROUP BY reader ORDER BY n DESC, reader LIMIT 5;
SELECT title FROM book WHERE year = 1949 AND price > 20 ORDER BY id;
SELECT name FROM author WHERE NOT EXISTS (SELECT 1 FROM book WHERE book.author = author.id);
SELECT a.reader, b.reader, count(*) AS n FROM loan a JOIN loan b ON a.book = b.book AND a.reader < b.reader WHERE a.book < 4 GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 3;
SELECT year / 10 * 10 AS decade, group_concat(DISTINCT author) FROM book WHERE price > 40 GROUP BY decade ORDER BY decade LIMIT 5;
SELECT title FROM book INTERSECT SELECT 'Volume 7 on ' || 'rights' UNION ALL SELECT name FROM author EXCEPT SELECT 'Ada' ORDER BY 1 LIMIT 8;
EXPLAIN QUERY PLAN SELECT * FROM loan WHERE book = 7;
EXPLAIN QUERY PLAN SELECT reader FROM loan WHERE day > '2023-01-01' ORDER BY day;
EXPLAIN QUERY PLAN SELECT title FROM book WHERE year = 1949 AND price > 30;
PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA page_size; PRAGMA journal_mode; PRAGMA table_info(book);
