package usage

import (
	"context"
	"encoding/json"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
	"notewatch/rules"
)

// A Place is the place of a device in the history, and the days on which there can be data for it.
type Place struct {
	Ordinal     int
	Listed      bool // false: no longer listed
	Provisioned time.Time
	UnlistedOn  rules.Day // of the first list without it; 0 if it is listed
}

const placeColumns = `ordinal, listed, provisioned, coalesce(unlisted_on, 0)`

func (p *Place) fields() []any {
	return []any{&p.Ordinal, &p.Listed, database.Time(&p.Provisioned), &p.UnlistedOn}
}

// A BlockDevice is a device, listed or no longer listed, with its place.
type BlockDevice struct {
	Place
	UID, Name string
}

func (d *BlockDevice) fields() []any { return append(d.Place.fields(), &d.UID, &d.Name) }

// Blocks returns how many blocks the history of a project has.
func (s *Store) Blocks(ctx context.Context, project string) (blocks int, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		var next int
		ok, err := database.Found(tx.QueryRowContext(ctx, `SELECT next_ordinal FROM project WHERE uid = $1`, project), &next)
		if ok {
			blocks = (next + history.BlockSize - 1) / history.BlockSize
		}
		return err
	})
	return blocks, database.Doing(err, "counting the blocks of project %q", project)
}

const (
	ofProject = `FROM device WHERE project = (SELECT id FROM project WHERE uid = $1) AND `
	ofBlock   = ofProject + `ordinal >= $2 AND ordinal < $3 `
)

// BlockDevices returns the devices of a block, listed or no longer listed, in the order of their ordinals.
func (s *Store) BlockDevices(ctx context.Context, project string, block int) (devices []BlockDevice, err error) {
	first := block * history.BlockSize
	err = s.db.View(ctx, func(tx database.Tx) error {
		devices, err = database.Collect(ctx, tx, (*BlockDevice).fields,
			`SELECT `+placeColumns+`, uid, name `+ofBlock+`ORDER BY ordinal`, project, first, first+history.BlockSize)
		return err
	})
	return devices, database.Doing(err, "reading the devices of block %d of project %q", block, project)
}

// ChangedPlaces returns the places of the devices of a block that are no longer listed, or that were provisioned at or after an
// instant, in the order of their ordinals.
func (s *Store) ChangedPlaces(ctx context.Context, project string, block int, since time.Time) (places []Place, err error) {
	first := block * history.BlockSize
	err = s.db.View(ctx, func(tx database.Tx) error {
		places, err = database.Collect(ctx, tx, (*Place).fields,
			`SELECT `+placeColumns+` `+ofBlock+`AND (NOT listed OR provisioned >= $4) ORDER BY ordinal`,
			project, first, first+history.BlockSize, database.At(since))
		return err
	})
	return places, database.Doing(err, "reading which devices of block %d of project %q are new", block, project)
}

// InFleet is the condition that a device is listed in a fleet. Its parameters are $2 and $3, as FleetTexts returns them. It is many
// times faster than reading the JSON.
const InFleet = `listed AND (instr(fleets, $2) = 1 OR instr(fleets, $3) > 0)`

// FleetTexts returns the JSON of a fleet as it stands first in a list, and as it stands later. Neither can be part of a longer UID, in
// which each quotation mark has a backslash before it.
func FleetTexts(fleet string) (first, other string, err error) {
	text, err := json.Marshal(fleet)
	return "[" + string(text), "," + string(text), err
}

// FleetPlaces returns the places of the listed devices that belong to a fleet, in the order of their ordinals.
func (s *Store) FleetPlaces(ctx context.Context, project, fleet string) (places []Place, err error) {
	first, other, err := FleetTexts(fleet)
	if err == nil {
		err = s.db.View(ctx, func(tx database.Tx) error {
			places, err = database.Collect(ctx, tx, (*Place).fields,
				`SELECT `+placeColumns+` `+ofProject+InFleet+` ORDER BY ordinal`, project, first, other)
			return err
		})
	}
	return places, database.Doing(err, "reading the devices of fleet %q of project %q", fleet, project)
}

// DeviceAt returns the device with an ordinal, listed or no longer listed.
func (s *Store) DeviceAt(ctx context.Context, project string, ordinal int) (device BlockDevice, ok bool, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		ok, err = database.Found(tx.QueryRowContext(ctx, `SELECT `+placeColumns+`, uid, name `+ofProject+`ordinal = $2`, project, ordinal), device.fields()...)
		return err
	})
	return device, ok, database.Doing(err, "reading device %d of project %q", ordinal, project)
}
