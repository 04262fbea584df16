package store

import (
	"context"
	"database/sql"
	"time"
)

// A Device is a line of Notehub's device list.
type Device struct {
	UID, Name, SKU, Product, Firmware string
	Fleets                            []string
	Voltage                           float64 // volts; NaN is no data
	Disabled                          bool
	Provisioned                       time.Time
	LastActivity                      time.Time // zero: never heard of
}

var deviceColumns = []string{
	"name", "sku", "product", "firmware", "fleets", "voltage", "disabled", "provisioned", "last_activity",
}

// fields lists where the columns uid and deviceColumns go.
func (d *Device) fields() []any {
	return []any{
		&d.UID, &d.Name, &d.SKU, &d.Product, &d.Firmware, document[[]string]{&d.Fleets}, number{&d.Voltage}, &d.Disabled,
		instant{&d.Provisioned}, instant{&d.LastActivity},
	}
}

// SaveDevices replaces the device list of the project, read at. A list of more than 10,000 devices takes several
// transactions, of which the last sets the time of the list.
func (s *Store) SaveDevices(ctx context.Context, project string, devices []Device, read time.Time) error {
	err := chunks(len(devices), maxRows, func(from, to int) error {
		return s.update(ctx, func(tx *sql.Tx) error { return saveDevices(ctx, tx, project, devices[from:to]) })
	})
	if err == nil {
		err = s.update(ctx, func(tx *sql.Tx) error { return closeDeviceList(ctx, tx, project, devices, read) })
	}
	return doing(err, "saving the devices of project %q", project)
}

func saveDevices(ctx context.Context, tx *sql.Tx, project string, devices []Device) error {
	table := upsert{table: "device", key: []string{"project", "uid"}, set: deviceColumns}
	return table.run(ctx, tx, len(devices), func(i int) []any {
		return append([]any{project}, devices[i].fields()...)
	}, nil)
}

// closeDeviceList drops the devices that are not listed any more and sets the time of the list.
func closeDeviceList(ctx context.Context, tx *sql.Tx, project string, devices []Device, read time.Time) error {
	listed := make(map[string]bool, len(devices))
	for _, device := range devices {
		listed[device.UID] = true
	}
	if err := dropUnlisted(ctx, tx, "device", project, listed); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO device_list (project, read_at) VALUES ($1, $2)
		ON CONFLICT (project) DO UPDATE SET read_at = excluded.read_at, doubted_at = NULL, doubted_kept = 0`, project, at(read))
	return err
}

// A ListDoubt is about a device list that lost most devices and was read once. It replaces the stored list only when a
// second reading confirms it.
type ListDoubt struct {
	At   time.Time // when it was read; zero: there is no doubt
	Kept int       // stored devices that it still has
}

// ListDoubt returns the doubt about the device list of the project that was read last.
func (s *Store) ListDoubt(ctx context.Context, project string) (d ListDoubt, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		_, err := found(tx.QueryRowContext(ctx, `SELECT doubted_at, doubted_kept FROM device_list WHERE project = $1`, project),
			instant{&d.At}, &d.Kept)
		return err
	})
	return d, doing(err, "reading the doubt about the device list of project %q", project)
}

// DoubtList stores a doubt about the device list of the project. SaveDevices ends it.
func (s *Store) DoubtList(ctx context.Context, project string, d ListDoubt) error {
	err := s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE device_list SET doubted_at = $1, doubted_kept = $2 WHERE project = $3`, at(d.At), d.Kept, project)
		return err
	})
	return doing(err, "doubting the device list of project %q", project)
}

// Devices returns the device list by UID and when it was read; the zero time is never.
func (s *Store) Devices(ctx context.Context, project string) (devices []Device, read time.Time, err error) {
	err = s.view(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT read_at FROM device_list WHERE project = $1`, project)
		if ok, err := found(row, instant{&read}); !ok {
			return err
		}
		devices, err = collect(ctx, tx, (*Device).fields,
			`SELECT uid, `+list(deviceColumns)+` FROM device WHERE project = $1 ORDER BY uid`, project)
		return err
	})
	return devices, read, doing(err, "reading the devices of project %q", project)
}
