package usage

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// A Plan is the data plan of a device, or of the one of its SIMs that counts. It never changes.
type Plan struct {
	Used, Limit float64   // bytes; NaN is no data
	Updated     time.Time // when its carrier counted last; zero: never
	SIMs        int       // that the device lists
	Cards       []SIM     // each of several SIMs in order of ICCID; empty if there is one
}

// A Choice is the reason why one of several SIMs is the one that counts.
type Choice int

// The choices.
const (
	NotChosen   Choice = iota
	Provisional        // it counts until bytes of any SIM are known
	ByBytes            // it counts by its bytes
)

// A SIM is a SIM of a device that lists several.
type SIM struct {
	ICCID                     string
	Used, Limit, LifetimeUsed float64   // bytes; NaN is no data
	Updated                   time.Time // when its carrier counted last; zero: never
	Choice                    Choice
	Bytes                     map[rules.Day]float64 // of complete days, as far as they are known
}

var simColumns = []string{"used", "plan_limit", "lifetime_used", "updated_at", "choice", "bytes"}

// fields returns where to scan the columns iccid and simColumns.
func (s *SIM) fields() []any {
	return []any{
		&s.ICCID, database.Number(&s.Used), database.Number(&s.Limit), database.Number(&s.LifetimeUsed), database.Time(&s.Updated), &s.Choice,
		database.Document(&s.Bytes),
	}
}

// values returns the values of the columns iccid and simColumns.
func (s SIM) values() []any {
	return []any{
		s.ICCID, database.Number(&s.Used), database.Number(&s.Limit), database.Number(&s.LifetimeUsed), database.At(s.Updated), int(s.Choice),
		database.Document(&s.Bytes),
	}
}

// storableSIMs returns SIMs with the values that they have after they are stored and read again.
func storableSIMs(all []SIM) []SIM {
	all = slices.Clone(all)
	for i := range all {
		all[i].ICCID, all[i].Updated = database.Storable(all[i].ICCID), timeOf(cellOfTime(all[i].Updated))
	}
	slices.SortFunc(all, func(a, b SIM) int { return strings.Compare(a.ICCID, b.ICCID) })
	return slices.CompactFunc(all, func(a, b SIM) bool { return a.ICCID == b.ICCID })
}

// sims are the SIMs of devices that list several, by ordinal.
type sims map[int][]SIM

// fill sets the SIMs of a device.
func (s sims) fill(d *Device) {
	if all := s[d.Ordinal]; all != nil && d.Plan != nil {
		d.Plan.Cards = all
	}
}

// readSIMs reads the SIMs of some devices of a project, or of all.
func readSIMs(ctx context.Context, tx database.Tx, project int64, devices ...Device) (sims, error) {
	type row struct {
		ordinal int
		SIM
	}
	condition, args := `TRUE`, []any{project}
	if len(devices) > 0 {
		ordinals := make([]int, len(devices))
		for i, d := range devices {
			ordinals[i] = d.Ordinal
		}
		condition, args = `ordinal IN (SELECT CAST(value AS BIGINT) FROM json_each($2))`, append(args, database.Elements(ordinals))
	}
	rows, err := database.Collect(ctx, tx, func(r *row) []any { return append([]any{&r.ordinal}, r.fields()...) }, `
		SELECT ordinal, iccid, `+database.List(simColumns)+` FROM sim WHERE project = $1 AND `+condition+` ORDER BY ordinal, iccid`, args...)
	all := sims{}
	for _, r := range rows {
		all[r.ordinal] = append(all[r.ordinal], r.SIM)
	}
	return all, err
}

// saveSIMs writes the SIMs of devices that list several, and drops those that an earlier list had.
func saveSIMs(ctx context.Context, tx database.Tx, project int64, devices *DeviceList) error {
	type row struct {
		ordinal int
		SIM
	}
	var rows []row
	kept := []string{}
	for d := range devices.All() {
		if d.Plan == nil {
			continue
		}
		for _, sim := range d.Plan.Cards {
			rows = append(rows, row{d.Ordinal, sim})
			kept = append(kept, strconv.Itoa(d.Ordinal)+" "+sim.ICCID)
		}
	}
	table := database.Upsert{Table: "sim", Key: []string{"project", "ordinal", "iccid"}, Set: simColumns}
	err := table.Run(ctx, tx, len(rows), func(i int) []any {
		r := rows[i]
		return append([]any{project, r.ordinal}, r.values()...)
	}, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM sim WHERE project = $1 AND ordinal || ' ' || iccid NOT IN (SELECT value FROM json_each($2))`, project, database.Elements(kept))
	return err
}

// SIMs returns the SIMs of those devices of a project that list several, by the ordinal of the device.
func (s *Store) SIMs(ctx context.Context, project string) (all map[int][]SIM, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		id, known, err := findProject(ctx, tx, project)
		if known {
			all, err = readSIMs(ctx, tx, id)
		}
		return err
	})
	return all, database.Doing(err, "reading the SIMs of project %q", project)
}

// SIMBytes are the bytes of SIMs on complete days, by the ordinal of the device and ICCID.
type SIMBytes map[int]map[string]map[rules.Day]float64

// SaveSIMBytes adds bytes to those stored for SIMs, and deletes those of days before first. ErrLeaseLost if the lease of the project is no
// longer held.
func (s *Store) SaveSIMBytes(ctx context.Context, lease work.Lease, bytes SIMBytes, first rules.Day) error {
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		id, known, err := findProject(ctx, tx, lease.Key)
		if err != nil || !known {
			return err
		}
		stored, err := readSIMs(ctx, tx, id)
		if err != nil {
			return err
		}
		var rows [][]any
		for ordinal, sims := range stored {
			for _, sim := range sims {
				read := bytes[ordinal][sim.ICCID]
				if read == nil {
					continue
				}
				sim.Bytes = newer(sim.Bytes, first)
				maps.Copy(sim.Bytes, read)
				rows = append(rows, append([]any{id, ordinal}, sim.values()...))
			}
		}
		table := database.Upsert{Table: "sim", Key: []string{"project", "ordinal", "iccid"}, Set: simColumns}
		return table.Run(ctx, tx, len(rows), func(i int) []any { return rows[i] }, nil)
	})
	return database.Doing(err, "saving the bytes of SIMs of project %q", lease.Key)
}

// newer returns a copy of the values from first on.
func newer(days map[rules.Day]float64, first rules.Day) map[rules.Day]float64 {
	kept := map[rules.Day]float64{}
	for day, x := range days {
		if day >= first {
			kept[day] = x
		}
	}
	return kept
}
