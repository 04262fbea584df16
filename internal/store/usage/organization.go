package usage

import (
	"context"
	"math"
	"time"

	"notewatch/internal/store/database"
	"notewatch/internal/store/work"
	"notewatch/rules"
)

// An Organization is the data of the organization that pays for the projects of an account. Unknown strings are "", numbers NaN and times
// zero.
type Organization struct {
	UID        string
	Seen       []string // names and UIDs of the organizations that the token sees, if there is not exactly one and the rules file does not name one
	Name       string
	Type       string // of the plan: Essentials or Enterprise
	Suspended  rules.Truth
	Balance    float64   // of the plan; Notehub does not document the unit
	Capacity   float64   // of the plan, in events
	End        time.Time // of the plan
	Read       time.Time // when Notehub last answered or refused; zero: never
	Failure    string    // why the newest request was refused; "" if it succeeded
	Collection string    // of Notehub, that lists it: organizations or billing accounts
	Balances   []Balance // by day, oldest first
	Balanced   time.Time // when Balances were read; zero: never
}

// A Balance is the remaining balance of the plan of an organization at an instant.
type Balance struct {
	At        time.Time `json:"at"`
	Remaining int64     `json:"remaining"` // events; -1 is not known
	Used      int64     `json:"used"`      // events since the plan began; -1 is not known
}

// NoOrganization returns an organization without data.
func NoOrganization() Organization { return Organization{Balance: math.NaN(), Capacity: math.NaN()} }

var organizationColumns = []string{
	"uid", "seen", "name", "type", "suspended", "balance", "capacity", "ends_at", "read_at", "failure", "collection", "balances", "balances_read_at",
}

// fields returns where to scan organizationColumns.
func (o *Organization) fields() []any {
	return []any{
		&o.UID, database.Document(&o.Seen), &o.Name, &o.Type, &o.Suspended, database.Number(&o.Balance), database.Number(&o.Capacity),
		database.Time(&o.End), database.Time(&o.Read), &o.Failure, &o.Collection, database.Document(&o.Balances), database.Time(&o.Balanced),
	}
}

// Organization returns the stored organization of an account.
func (s *Store) Organization(ctx context.Context, account string) (Organization, error) {
	o := NoOrganization()
	err := s.db.View(ctx, func(tx database.Tx) error {
		row := tx.QueryRowContext(ctx, `SELECT `+database.List(organizationColumns)+` FROM organization WHERE account = $1`, account)
		_, err := database.Found(row, o.fields()...)
		return err
	})
	return o, database.Doing(err, "reading the organization of account %q", account)
}

// SaveOrganization replaces the stored organization of the account of the lease. ErrLeaseLost if the lease is no longer held.
func (s *Store) SaveOrganization(ctx context.Context, lease work.Lease, o Organization) error {
	for _, text := range []*string{&o.UID, &o.Name, &o.Type, &o.Failure} {
		*text = database.Storable(*text)
	}
	table := database.Upsert{Table: "organization", Key: []string{"account"}, Set: organizationColumns}
	err := s.db.Relax(ctx, func(tx database.Tx) error {
		if err := work.Hold(ctx, tx, lease); err != nil {
			return err
		}
		return table.Run(ctx, tx, 1, func(int) []any { return append([]any{lease.Key}, o.fields()...) }, nil)
	})
	return database.Doing(err, "saving the organization of account %q", lease.Key)
}
