package testfile

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// Metrics yields the series of a device by metric; those of notefiles and transports as notefiles.data.qo.
func (d *Device) Metrics() func(yield func(string, Series) bool) {
	return func(yield func(string, Series) bool) {
		for _, m := range []struct {
			name   string
			series Series
		}{
			{"bytes", d.Bytes}, {"sat", d.Sat}, {"sat_packets", d.SatPackets}, {"session_bytes", d.SessionBytes}, {"events", d.Events},
			{"events_total", d.EventsTotal}, {"platform", d.Platform}, {"watchdog", d.Watchdog}, {"reboots", d.Reboots},
			{"fw_updates", d.FwUpdates}, {"sessions", d.Sessions}, {"tls", d.TLS}, {"first_syncs", d.FirstSyncs},
		} {
			if m.series.Given() && !yield(m.name, m.series) {
				return
			}
		}
		for _, n := range d.Notefiles {
			if !yield("notefiles."+n.Key, n.Value) {
				return
			}
		}
		for _, n := range d.Transport {
			if !yield("transport."+n.Key, n.Value) {
				return
			}
		}
	}
}

// within returns the files of tests in a directory and below.
func within(directory string) (files []string, err error) {
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != directory && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(entry.Name(), Suffix):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
