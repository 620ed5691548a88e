-- The database with its encoding and order said, whatever the image's own locale is: texts of all scripts, and the same
-- order everywhere (docs/explanation/stack.md).
CREATE DATABASE dateline OWNER dateline TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
