-- SPDX-License-Identifier: Apache-2.0
CREATE VIRTUAL TABLE text USING fts5(title, body);
INSERT INTO text VALUES ('ranges', 'A table of ranges is shorter than a tree of pages'), ('pages', 'Pages describe memory; programs use ranges'), ('cells', 'A cell is one row of the permission table');
INSERT INTO text SELECT 'number ' || value, 'filler text about nothing ' || value FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 500) SELECT value FROM n);
SELECT title, snippet(text, 1, '[', ']', '...', 4) FROM text WHERE text MATCH 'ranges' ORDER BY rank;
SELECT count(*) FROM text WHERE text MATCH 'filler AND nothing NOT title:"number 7"';
SELECT title FROM text WHERE text MATCH 'perm* OR body:"tree of"' ORDER BY rowid;
CREATE VIRTUAL TABLE area USING rtree(id, minx, maxx, miny, maxy);
INSERT INTO area VALUES (1, 0, 10, 0, 10), (2, 5, 6, 5, 6), (3, 20, 30, 20, 30);
SELECT id FROM area WHERE minx <= 7 AND maxx >= 5 ORDER BY id;
CREATE VIRTUAL TABLE old USING fts4(body); INSERT INTO old VALUES ('some words here'), ('other words'); SELECT rowid FROM old WHERE body MATCH 'words NOT other';
