package database

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// locate returns the absolute path of the database file without symbolic links. SQLite and Lock keep files beside it, so all processes must
// use the same name for it. The file may be missing, but not its directory.
func locate(path string) (string, error) {
	if err := plain(path); err != nil {
		return "", err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for {
		resolved, err := filepath.EvalSymlinks(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return resolved, unusable(err, path)
		}
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", unusable(err, path)
		}
		path = filepath.Join(folder, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil //nolint:nilerr // not a link, because the file is missing
		}
		if path = target; !filepath.IsAbs(target) {
			path = filepath.Join(folder, target)
		}
	}
}

// plain refuses text that looks like a path but means something else to a shell or to SQLite.
func plain(path string) error {
	switch {
	case path == "":
		return errors.New("the path is empty: name a file")
	case path == "~" || strings.HasPrefix(path, "~/"):
		return errors.New("only a shell replaces ~: write the whole path, such as /home/amy/notewatch.db")
	case path == ":memory:":
		return errors.New("a database in memory does not survive the process: name a file")
	case strings.HasPrefix(path, "file:") || strings.Contains(path, "://"):
		return errors.New("this is no URL of PostgreSQL: give one that begins with postgres://, or the path of an SQLite file")
	}
	return nil
}

// inspect reports whether there is a file at path. It returns an error if the file cannot hold a database.
func inspect(path string) (exists bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, unusable(err, path)
	case info.IsDir():
		return false, errors.New("this is a folder: name a file in it")
	case !info.Mode().IsRegular():
		return false, errors.New("this is not a regular file: choose another path")
	case names(info) > 1:
		return false, fmt.Errorf("the file has %d names (hard links), and SQLite would write a log of its own for each: remove the "+
			"other names, or make them symbolic links", names(info))
	}
	return true, nil
}

// signature is the beginning of every SQLite file.
const signature = "SQLite format 3\x00"

var errNoDatabase = errors.New("file is not a database")

// recognize returns ErrCorrupt if the file at path is neither empty nor an SQLite database. SQLite must not have opened the file in this
// process, because closing it here would drop the locks of SQLite.
func recognize(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return unusable(err, path)
	}
	defer func() { _ = file.Close() }()
	head, err := io.ReadAll(io.LimitReader(file, int64(len(signature))))
	if err != nil {
		return unusable(err, path)
	}
	if len(head) > 0 && !bytes.Equal(head, []byte(signature)) {
		return &UnavailableError{Damaged, errNoDatabase}
	}
	return nil
}
