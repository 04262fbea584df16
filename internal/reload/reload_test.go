package reload_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/reload"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// link makes a symbolic link, in the place of the one that is there.
func link(t *testing.T, to, path string) {
	t.Helper()
	require.NoError(t, os.Symlink(to, path+".new"))
	require.NoError(t, os.Rename(path+".new", path))
}

// Each step is what somebody does, followed by one look.
type step struct {
	does    func(t *testing.T, path string)
	changed bool
}

func nothing(*testing.T, string) {}

func puts(text string) func(*testing.T, string) {
	return func(t *testing.T, path string) { write(t, path, text) }
}

func removes(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }

func TestChanged(t *testing.T) {
	for name, steps := range map[string][]step{
		"nothing happens": {{nothing, false}, {nothing, false}, {nothing, false}},
		"is written": {
			{puts("two"), false}, // perhaps it is being written
			{nothing, true},
			{nothing, false},
		},
		"is renamed over": {
			{func(t *testing.T, path string) {
				write(t, path+"~", "two")
				require.NoError(t, os.Rename(path+"~", path))
			}, false},
			{nothing, true},
			{nothing, false},
		},
		"is truncated and written slowly": {
			{puts(""), false},
			{puts("tw"), false},
			{puts("two"), false},
			{nothing, true},
			{nothing, false},
		},
		"is written and put back": {{puts("two"), false}, {puts("one"), false}, {nothing, false}},
		"is written anew in turn": {{puts("two"), false}, {nothing, true}, {puts("one"), false}, {nothing, true}},
		"is touched": {
			{func(t *testing.T, path string) { require.NoError(t, os.Chtimes(path, time.Now(), time.Unix(1, 0))) }, false},
			{nothing, false},
		},
		"is renamed over with the same": {
			{func(t *testing.T, path string) {
				write(t, path+"~", "one")
				require.NoError(t, os.Rename(path+"~", path))
			}, false},
			{nothing, false},
		},
		"keeps its size and time": {
			{func(t *testing.T, path string) {
				before, err := os.Stat(path)
				require.NoError(t, err)
				write(t, path, "six")
				require.NoError(t, os.Chtimes(path, before.ModTime(), before.ModTime()))
			}, false},
			{nothing, true},
		},
		"is away for a moment":             {{removes, false}, {puts("one"), false}, {nothing, false}},
		"is away for a moment and another": {{removes, false}, {puts("two"), false}, {nothing, true}, {nothing, false}},
		"goes away and comes back": {
			{removes, false},
			{nothing, true},
			{nothing, false},
			{puts("one"), false},
			{nothing, true},
		},
		"becomes a directory": {
			{func(t *testing.T, path string) {
				removes(t, path)
				require.NoError(t, os.Mkdir(path, 0o700))
			}, false},
			{nothing, true},
			{nothing, false},
		},
		"becomes a device without end": {
			{func(t *testing.T, path string) { link(t, "/dev/zero", path) }, false},
			{nothing, true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rules.yaml")
			write(t, path, "one")
			w := reload.New(path)
			for i, step := range steps {
				step.does(t, path)
				require.Equal(t, step.changed, w.Changed(path), "step %d", i+1)
			}
		})
	}
}

// Kubernetes mounts a config map as links to ..data/…, and swaps ..data, a link itself.
func TestSwappedLinks(t *testing.T) {
	dir := t.TempDir()
	for version, text := range map[string]string{"..1": "one", "..2": "two", "..3": "two"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		write(t, filepath.Join(dir, version, "rules.yaml"), text)
	}
	data, path := filepath.Join(dir, "..data"), filepath.Join(dir, "rules.yaml")
	link(t, "..1", data)
	link(t, filepath.Join("..data", "rules.yaml"), path)
	w := reload.New(path)
	require.False(t, w.Changed(path))

	link(t, "..2", data)
	require.False(t, w.Changed(path))
	require.True(t, w.Changed(path))

	link(t, "..3", data)
	require.False(t, w.Changed(path), "other files, same content")
	require.False(t, w.Changed(path))
}

// Files belong together: as long as one of them is being written, the others wait.
func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	rules, template := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "body.tmpl")
	write(t, rules, "one")
	write(t, template, "one")
	w := reload.New(rules, template)

	write(t, rules, "two")
	require.False(t, w.Changed(rules, template))
	write(t, template, "two")
	require.False(t, w.Changed(rules, template))
	require.True(t, w.Changed(rules, template))
	require.False(t, w.Changed(rules, template))
}

func TestOtherFiles(t *testing.T) {
	dir := t.TempDir()
	rules, template := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "body.tmpl")
	write(t, rules, "one")
	write(t, template, "one")
	w := reload.New(rules)
	require.False(t, w.Changed(rules, template), "not looked at before")
	require.False(t, w.Changed(rules, template))

	write(t, template, "two")
	require.False(t, w.Changed(rules, template))
	require.True(t, w.Changed(rules, template))

	write(t, template, "three")
	require.False(t, w.Changed(rules))
	require.False(t, w.Changed(rules), "not looked at any more")
	require.False(t, w.Changed(rules, template), "looked at anew")
	require.False(t, w.Changed(rules, template))
}

// What changes between New and the first look is not missed: the caller has read the file in between, or will.
func TestNewBeforeReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	w := reload.New(path)
	write(t, path, "one")
	require.False(t, w.Changed(path))
	require.True(t, w.Changed(path))
}

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	rules, template := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "body.tmpl")
	write(t, rules, "one")
	write(t, template, "one")
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		started, files := time.Now(), []string{rules}
		changes, ended := make(chan time.Duration), make(chan struct{})
		go func() {
			defer close(ended)
			reload.New(rules).Watch(ctx, 5*time.Second, func() []string { return files }, func() {
				files = []string{rules, template} // the rules refer to it now
				changes <- time.Since(started)
			})
		}()
		synctest.Wait()

		write(t, rules, "two")
		require.Equal(t, 10*time.Second, <-changes)

		synctest.Wait()
		write(t, template, "two")
		require.Equal(t, 20*time.Second, <-changes)

		stop()
		<-ended
	})
}
