//go:build race

package bot_test

// With the race detector a process takes several times as long to start and to end.
const raced = true
