// Package reload detects changes of files that people edit while notewatch is running. It reads their contents again and again. So it works
// with editors that write a new file and rename it, with mounted directories whose links are replaced, and on any file system; and a file
// whose content stays the same has not changed.
package reload
