package ruletest

import (
	"context"
	"regexp"
	"runtime"
	"sync"

	"notewatch/internal/ruletest/testfile"
)

// Count returns how many tests of files have a name that a pattern matches; nil matches all.
func Count(files []*testfile.File, names *regexp.Regexp) (n int) {
	for _, file := range files {
		for i := range file.Tests {
			if names == nil || names.MatchString(file.Tests[i].Name) {
				n++
			}
		}
	}
	return n
}

// RunAll runs the tests of files whose names a pattern matches, as many at once as there are cores, and passes the results to done in the
// order of the files. nil matches all. It ends early with the error of ctx, of a test that cannot be run, or of done.
func RunAll(ctx context.Context, files []*testfile.File, names *regexp.Regexp, done func(Result) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	var queue []chan finished
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, file := range files {
		for i := range file.Tests {
			t := &file.Tests[i]
			if names != nil && !names.MatchString(t.Name) {
				continue
			}
			end := make(chan finished, 1)
			queue = append(queue, end)
			running.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				result, err := Result{}, ctx.Err()
				if err == nil {
					result, err = Run(ctx, file, t)
				}
				end <- finished{result, err}
			})
		}
	}
	for _, end := range queue {
		f := <-end
		if f.err != nil {
			return f.err
		}
		if err := done(f.result); err != nil {
			return err
		}
	}
	return nil
}

// A finished is a test that has ended.
type finished struct {
	result Result
	err    error
}
