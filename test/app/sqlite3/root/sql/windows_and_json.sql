-- SPDX-License-Identifier: Apache-2.0
SELECT author.name, year, price, rank() OVER w AS r, sum(price) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS two, lag(year) OVER w
    FROM book JOIN author ON author.id = book.author WHERE book.id <= 20 WINDOW w AS (PARTITION BY author.id ORDER BY price) ORDER BY author.name, r;
SELECT json_extract('{"a": [1, {"b": "deep"}]}', '$.a[1].b'), json('[1,2 , 3]'), json_array_length('[1,2,3]'), '{"x":5}' -> 'x', json_valid('{bad');
SELECT key, value, type FROM json_each('{"n": null, "t": true, "l": [1, 2]}');
SELECT json_group_array(name), json_group_object(name, born) FROM author;
SELECT fullkey, atom FROM json_tree('{"a": [1, {"b": 2}]}') WHERE atom IS NOT NULL;
