#!/bin/sh
# Replaces the database of NOTEWATCH_DATABASE with a backup of backup.sh. Stop every notewatch run first.
set -eu
umask 077
backup=${1:?usage: restore.sh BACKUP}
database=${NOTEWATCH_DATABASE:-notewatch.db}
case $database in
postgres://* | postgresql://*)
	url=$(printf %s "$database" | sed -E 's/(search_path|pool_max_conns|default_query_exec_mode)=[^&]*&?//g; s/[?&]$//')
	pg_restore --dbname="$url" --clean --if-exists --no-owner --single-transaction --exit-on-error "$backup"
	;;
*)
	cp "$backup" "$database.part"
	rm -f "$database-wal" "$database-shm" # they belong to the file that is replaced
	mv "$database.part" "$database"
	;;
esac
