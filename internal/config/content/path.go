package content

import (
	"os"
	"path/filepath"
)

// SameFile reports whether two paths lead to one file.
func SameFile(a, b string) bool {
	one, oneErr := os.Stat(a)
	other, otherErr := os.Stat(b)
	return oneErr == nil && otherErr == nil && os.SameFile(one, other)
}

// Leaves reports whether a path in a folder leads to a file that is not in it.
func Leaves(path, folder string) bool {
	file, fileErr := filepath.EvalSymlinks(path)
	within, folderErr := filepath.EvalSymlinks(folder)
	if fileErr != nil || folderErr != nil {
		return false // reading says what is wrong
	}
	relative, err := filepath.Rel(within, file)
	return err != nil || !filepath.IsLocal(relative)
}
