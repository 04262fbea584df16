package smallfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrNotRegular says that a path leads to something other than a file, such as a directory, a FIFO or a device.
var ErrNotRegular = errors.New("not a regular file")

// ErrTooLarge says that a file is larger than the caller accepts.
var ErrTooLarge = errors.New("too large")

// Read returns the content of the regular file at path if it has at most a number of bytes. With ErrTooLarge it returns the first bytes.
// The errors do not name the path.
func Read(path string, most int64) ([]byte, error) {
	// Opening a FIFO waits for a writer otherwise.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, reason(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is %s, %w", kind(info.Mode()), ErrNotRegular)
	}
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case int64(len(content)) > most:
		return content[:most], fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most)
	}
	return content, nil
}

// kind names a file that is not regular.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// reason returns err without the operation and path that package os puts before it.
func reason(err error) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		return failure.Err
	}
	return err
}
