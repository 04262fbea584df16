#!/bin/sh
# Writes a backup of the database of NOTEWATCH_DATABASE or NOTEWATCH_DATABASE_FILE into a directory and prints its path. notewatch run may be running, except with a
# file if sqlite3 is not installed. restore.sh restores a backup.
set -eu
umask 077
directory=${1:?usage: backup.sh DIRECTORY}
database=${NOTEWATCH_DATABASE:-}
if [ -z "$database" ] && [ -n "${NOTEWATCH_DATABASE_FILE:-}" ]; then
	read -r database <"$NOTEWATCH_DATABASE_FILE" || [ -n "$database" ]
fi
: "${database:?set NOTEWATCH_DATABASE or NOTEWATCH_DATABASE_FILE, as for notewatch run}"
backup=$directory/notewatch-$(date -u +%Y%m%dT%H%M%SZ)
case $database in
postgres://* | postgresql://*)
	backup=$backup.dump
	schema=$(printf %s "$database" | sed -n 's/.*[?&]search_path=\([a-z0-9_]*\).*/\1/p')
	# What only notewatch knows of a URL is no parameter of pg_dump.
	url=$(printf %s "$database" | sed -E 's/(search_path|pool_max_conns|default_query_exec_mode)=[^&]*&?//g; s/[?&]$//')
	pg_dump --dbname="$url" --schema="${schema:-notewatch}" --format=custom --no-owner --file="$backup.part"
	;;
*)
	backup=$backup.db
	[ -f "$database" ] || { echo "backup.sh: there is no database file $database" >&2 && exit 1; }
	if command -v sqlite3 >/dev/null; then
		sqlite3 "$database" ".timeout 5000" "VACUUM INTO '$backup.part'"
	else
		notewatch migrate --to "$backup.part" >/dev/null
		rm -f "$backup.part.lock"
	fi
	;;
esac
mv "$backup.part" "$backup" # a backup that was interrupted keeps the name of a part
printf '%s\n' "$backup"
