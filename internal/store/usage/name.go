package usage

import (
	"context"
	"slices"

	"notewatch/internal/history"
	"notewatch/internal/store/database"
)

// A DeviceName is the name of a device.
type DeviceName struct {
	Project, UID, Name string
}

func (d *DeviceName) fields() []any { return []any{&d.Project, &d.UID, &d.Name} }

// Device returns a device of the device list; ok is false if it is not listed.
func (s *Store) Device(ctx context.Context, project, uid string) (device Device, ok bool, err error) {
	devices, err := s.DevicesOf(ctx, project, []string{uid})
	if len(devices) == 0 {
		return Device{}, false, err
	}
	return devices[0], true, err
}

// DevicesOf returns the listed ones of some devices, by UID, in order of Ordinal.
func (s *Store) DevicesOf(ctx context.Context, project string, uids []string) (devices []Device, err error) {
	seen := database.NewRepeated()
	err = s.db.View(ctx, func(tx database.Tx) error {
		id, known, err := findProject(ctx, tx, project)
		if !known {
			return err
		}
		devices, err = database.Collect(ctx, tx, func(d *Device) []any { return d.identity(seen) }, `
			SELECT ordinal, uid, `+database.List(deviceColumns)+` FROM json_each($2) AS wanted CROSS JOIN device
			WHERE project = $1 AND uid = wanted.value AND listed ORDER BY ordinal`, id, database.Elements(uids))
		if err != nil || len(devices) == 0 {
			return err
		}
		moving, err := readListing(ctx, tx, id, blocksOf(devices)...)
		if err != nil {
			return err
		}
		sims, err := readSIMs(ctx, tx, id, devices...)
		for i := range devices {
			moving.fill(&devices[i])
			sims.fill(&devices[i])
		}
		return err
	})
	return devices, database.Doing(err, "reading devices of project %q", project)
}

// blocksOf returns the blocks of devices, which are in order of Ordinal.
func blocksOf(devices []Device) (blocks []int) {
	for _, d := range devices {
		blocks = append(blocks, d.Ordinal/history.BlockSize)
	}
	return slices.Compact(blocks)
}

// namedDevices selects listed devices with the UID of their project.
const namedDevices = `SELECT project.uid, device.uid, device.name FROM device CROSS JOIN project WHERE project.id = device.project AND device.listed`

// DevicesCalled returns the listed devices of all projects with a name, without regard to the case of ASCII letters.
func (s *Store) DevicesCalled(ctx context.Context, name string) (devices []DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		devices, err = database.Collect(ctx, tx, (*DeviceName).fields,
			namedDevices+` AND `+tx.Fold("device.name")+` = `+tx.Fold("$1")+` ORDER BY project.uid, device.uid`, name)
		return err
	})
	return devices, database.Doing(err, "reading which devices are called %q", name)
}

// DeviceNames returns the names of all listed devices of all projects, by name.
func (s *Store) DeviceNames(ctx context.Context) (devices []DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		devices, err = database.Collect(ctx, tx, (*DeviceName).fields, namedDevices+` ORDER BY `+tx.Fold("device.name")+`, project.uid, device.uid`)
		return err
	})
	return devices, database.Doing(err, "reading what the devices are called")
}

// DevicesNamed returns listed devices of some projects whose name begins with prefix, without regard to the case of ASCII letters, by name,
// at most limit.
func (s *Store) DevicesNamed(ctx context.Context, projects []string, prefix string, limit int) (devices []DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		name := tx.Fold("device.name")
		devices, err = database.Collect(ctx, tx, (*DeviceName).fields, namedDevices+`
				AND `+name+` >= `+tx.Fold("$1")+` AND `+name+` < `+tx.Fold("$2")+`
				AND project.uid `+tx.Among(3)+`
			ORDER BY `+name+`, project.uid, device.uid LIMIT $4`, prefix, prefix+database.Beyond, database.Texts(projects), limit)
		return err
	})
	return devices, database.Doing(err, "reading which devices have names like %q", prefix)
}

// DevicesFrom returns listed devices of a project whose UID begins with prefix, by UID, at most limit.
func (s *Store) DevicesFrom(ctx context.Context, project, prefix string, limit int) (devices []DeviceName, err error) {
	err = s.db.View(ctx, func(tx database.Tx) error {
		devices, err = database.Collect(ctx, tx, (*DeviceName).fields, `
			SELECT project.uid, device.uid, device.name FROM project JOIN device ON device.project = project.id
			WHERE project.uid = $1 AND device.listed AND device.uid >= $2 AND device.uid < $3 ORDER BY device.uid LIMIT $4`,
			project, prefix, prefix+database.Beyond, limit)
		return err
	})
	return devices, database.Doing(err, "reading which devices of project %q have UIDs like %q", project, prefix)
}
