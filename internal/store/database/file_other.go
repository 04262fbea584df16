//go:build !linux && !darwin

package database

import (
	"errors"
	"io/fs"
)

// names returns 1, because the number of hard links is not known here.
func names(fs.FileInfo) uint64 { return 1 }

// A disk is the state of a file system.
type disk struct {
	free     uint64
	readOnly bool
}

// diskOf returns an error, because the state is not known here.
func diskOf(string) (disk, error) { return disk{}, errors.ErrUnsupported }
