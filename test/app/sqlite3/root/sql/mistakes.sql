-- SPDX-License-Identifier: Apache-2.0
SELECT 1;
SELECT nothing FROM nowhere;
INSERT INTO author(name) VALUES ('Ada');
SELECT 2;
SELEC 3;
SELECT 'unfinished
