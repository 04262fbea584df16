package env

import (
	"context"
	"time"

	"notewatch/internal/history"
	"notewatch/internal/store"
	"notewatch/internal/store/usage"
	"notewatch/rules"
)

// A Query selects one subject.
type Query struct {
	Project, Name string // UID and name of the project
	Subject       string // UID of a device, fleet or route; "" means the project itself
	Now           time.Time
	Every         time.Duration // between two polls; 0 if not known
	Period        rules.PeriodSpec
	Wants         rules.Wants   // other figures are no data
	Objects       rules.Objects // wanted beside the figures: what costs much to count is counted only if it is wanted
	Labels        bool          // whether limits of devices depend on the names of their fleets
	Counts        bool          // whether the number of devices of the project is wanted, for which all are read
	Bills         *Bills        // of the account; nil: costs are no data
	Satellite     Satellite     // allowance of each device
}

// A Subject holds the data of one subject.
type Subject struct {
	Project
	Device *usage.Device // nil for any other subject, or a device that is not listed
	Env    *rules.Env

	subject, name string // name is "" if the subject is not listed
}

// Listed reports whether the subject is listed: the project always is, a fleet if a listed device is in it.
func (s Subject) Listed() bool { return s.name != "" || s.subject == "" }

// SubjectName returns the name of the subject; "" if it is not listed.
func (s Subject) SubjectName() string { return s.name }

// Look loads the stored data of one subject, and the number of devices of the project if wanted.
func Look(ctx context.Context, db *store.Store, q Query) (s Subject, err error) {
	s.UID, s.Name, s.Now, s.Every, s.subject, s.name = q.Project, q.Name, q.Now, q.Every, q.Subject, ""
	s.Bills, s.Satellite = q.Bills, q.Satellite
	if s.Bill, err = q.Bills.Of(ctx, rules.DayOf(q.Now)); err != nil {
		return s, err
	}
	if s.State, err = db.Project(ctx, q.Project); err != nil {
		return s, err
	}
	if s.Silences, err = SilencesOf(ctx, db.Usage, q.Project, q.Objects); err != nil {
		return s, err
	}
	switch rules.ScopeOf(q.Project, q.Subject) {
	case rules.EachFleet:
		return s, s.lookAtFleet(ctx, db.Usage, q)
	case rules.EachRoute:
		return s, s.lookAtRoute(ctx, db.Usage, q)
	}
	if err := s.count(ctx, db.Usage, q); err != nil {
		return s, err
	}
	if q.Subject != "" {
		device, listed, err := db.Usage.Device(ctx, q.Project, q.Subject)
		if err != nil {
			return s, err
		}
		if listed {
			s.Device, s.name = &device, device.Name
		}
	}
	if s.Device == nil {
		if s.Born, err = db.Usage.Born(ctx, q.Project); err != nil {
			return s, err
		}
	}
	if q.Labels {
		if s.Labels, err = FleetLabels(ctx, db.Usage, q.Project); err != nil {
			return s, err
		}
	}
	if s.Assured, err = FleetsAssured(ctx, db.Usage, q.Project); err != nil {
		return s, err
	}
	metrics, err := s.measure(ctx, db.Usage, q)
	if err != nil {
		return s, err
	}
	s.Env = s.NewEnv(s.Device, q.Period.Period(rules.DayOf(q.Now), q.Now), metrics, 0)
	s.hideUncounted(q)
	return s, nil
}

// hideUncounted makes the counts of the project no data if they were not wanted.
func (s *Subject) hideUncounted(q Query) {
	if q.Counts {
		return
	}
	uncounted := s.Identity(nil, q.Now).Project
	uncounted.Known = s.Env.Project.Known
	s.Env.Project = uncounted
}

// count reads how many devices the project has, if that is wanted, and when they were listed.
func (s *Subject) count(ctx context.Context, db *usage.Store, q Query) (err error) {
	if q.Counts {
		s.Counts, err = db.CountDevices(ctx, q.Project, SilentAfter)
	} else {
		s.Counts.ListedAt, err = db.Listed(ctx, q.Project)
	}
	return err
}

// measure returns the metrics of the subject; a device that is not listed has none.
func (s Subject) measure(ctx context.Context, db *usage.Store, q Query) (Metrics, error) {
	block := 0
	switch {
	case s.Device != nil:
		block = s.Device.Ordinal / history.BlockSize
	case q.Subject != "":
		return Metrics{}, nil
	}
	reader := Reader{Usage: db, Project: q.Project, Period: q.Period, Satellite: q.Satellite, Wants: q.Wants, Listed: s.Counts.ListedAt, Polled: s.State.PolledAt}
	if s.Device != nil && q.Wants.Peers() {
		list, err := db.DeviceList(ctx, q.Project)
		if err != nil {
			return Metrics{}, err
		}
		reader.Peers = PeersOf(list)
	}
	return reader.Block(ctx, block, []Member{s.Member(s.Device)}, rules.DayOf(q.Now))
}

// lookAtFleet loads the data of a fleet, for which all devices are read.
func (s *Subject) lookAtFleet(ctx context.Context, db *usage.Store, q Query) error {
	list, err := db.DeviceList(ctx, q.Project)
	if err != nil {
		return err
	}
	if s.Fleets, err = FleetNames(ctx, db, q.Project); err != nil {
		return err
	}
	data := Source{Usage: db, Period: q.Period}.Data(s.Project, list)
	s.Counts = data.Counts
	place, ok := data.fleets.find(q.Subject)
	if !ok {
		s.Env = s.Identity(nil, q.Now)
		return nil
	}
	block, err := data.Read(ctx, data.Reader(q.Wants), data.Blocks(rules.EachFleet)[0])
	if err != nil {
		return err
	}
	s.name, s.Env = data.NameOf(q.Subject), new(rules.Env)
	block.See(s.Env, place)
	return nil
}

// FleetNames returns the fleets of a project with their names; never nil.
func FleetNames(ctx context.Context, db *usage.Store, project string) ([]usage.Fleet, error) {
	named, err := db.Fleets(ctx, project)
	return append([]usage.Fleet{}, named...), err
}

// FleetLabels returns the names of the fleets of a project, by UID.
func FleetLabels(ctx context.Context, db *usage.Store, project string) (map[string]string, error) {
	named, err := db.Fleets(ctx, project)
	labels := make(map[string]string, len(named))
	for _, f := range named {
		labels[f.UID] = f.Name
	}
	return labels, err
}

// FleetsAssured returns whether more data is bought for devices of the fleets of a project whose plan runs out, by UID.
func FleetsAssured(ctx context.Context, db *usage.Store, project string) (map[string]rules.Truth, error) {
	all, err := db.Fleets(ctx, project)
	assured := make(map[string]rules.Truth, len(all))
	for _, f := range all {
		assured[f.UID] = f.Assured
	}
	return assured, err
}
