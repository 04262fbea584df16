//go:build linux || darwin

package store

import (
	"io/fs"
	"syscall"
)

// names returns how many hard links a file has.
func names(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 1
}
