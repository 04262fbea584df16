//go:build linux || darwin

package database

import (
	"io/fs"
	"syscall"
)

// names returns the number of hard links of a file.
func names(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink) //nolint:unconvert // it is a uint16 on darwin
	}
	return 1
}

// A disk is the state of a file system.
type disk struct {
	free     uint64 // bytes that this user may still write; 0 if no file can be created
	readOnly bool
}

// diskOf returns the state of the file system that contains a directory.
func diskOf(folder string) (disk, error) {
	const readOnly = 1 // ST_RDONLY, and MNT_RDONLY on darwin
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return disk{}, err
	}
	d := disk{free: stat.Bavail * uint64(stat.Bsize), readOnly: uint64(stat.Flags)&readOnly != 0}
	if stat.Files > 0 && stat.Ffree == 0 {
		d.free = 0
	}
	return d, nil
}
