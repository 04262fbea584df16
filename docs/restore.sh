#!/bin/sh
# Replaces the database of NOTEWATCH_DATABASE or NOTEWATCH_DATABASE_FILE with a backup of backup.sh. Stop every notewatch run first.
set -eu
umask 077
backup=${1:?usage: restore.sh BACKUP}
database=${NOTEWATCH_DATABASE:-}
if [ -z "$database" ] && [ -n "${NOTEWATCH_DATABASE_FILE:-}" ]; then
	read -r database <"$NOTEWATCH_DATABASE_FILE" || [ -n "$database" ]
fi
: "${database:?set NOTEWATCH_DATABASE or NOTEWATCH_DATABASE_FILE, as for notewatch run}"
case $database in
postgres://* | postgresql://*)
	schema=$(printf %s "$database" | sed -n 's/.*[?&]search_path=\([a-z0-9_]*\).*/\1/p')
	url=$(printf %s "$database" | sed -E 's/(search_path|pool_max_conns|default_query_exec_mode)=[^&]*&?//g; s/[?&]$//')
	pg_restore --file=/dev/null "$backup" # one that cannot be read to its end changes nothing
	# The schema goes as a whole, since a newer notewatch may have added tables. Without COMMIT all stays as it was.
	{
		echo "SET client_min_messages = warning; BEGIN; DROP SCHEMA IF EXISTS ${schema:-notewatch} CASCADE;"
		pg_restore --no-owner --file=- "$backup" && echo 'COMMIT;'
	} | psql --dbname="$url" --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --output=/dev/null
	;;
*)
	if [ -e "$database.lock" ] && command -v flock >/dev/null && ! flock --nonblock "$database.lock" true; then
		echo "restore.sh: notewatch is running on $database: stop it first" >&2 && exit 1
	fi
	cp "$backup" "$database.part"
	rm -f "$database-wal" "$database-shm" # they belong to the file that is replaced
	mv "$database.part" "$database"
	;;
esac
