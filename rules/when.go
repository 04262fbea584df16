package rules

// A When names the days of a figure's value. It is zero for a figure without days, such as device.silent_hours.
type When struct {
	Now   string // until the day Until begins: "today", "this month"
	Named string // from then on: "on Thu 18 Jun", "in June"
	Until Day
}

// When names the days of the value of a figure such as events.today, as of a day. Day 0 is not known.
func (s PeriodSpec) When(figure string, day Day) When {
	object, member := CutPath(figure)
	_, metric := ParseFigure(object)
	switch {
	case !metric:
		return When{}
	case day == 0 && member == "today":
		return When{Now: "in one day"}
	case day == 0:
		return When{}
	}
	switch member {
	case "today":
		return When{"today", onDay(day), day + 1}
	case "yesterday":
		return When{"yesterday", onDay(day - 1), day + 1}
	case "d7":
		return When{"in the last 7 days", "in the 7 days to " + dayName(day-1), day + 1}
	case "d30":
		return When{"in the last 30 days", "in the 30 days to " + dayName(day-1), day + 1}
	case "used", "forecast":
		return s.whenUsed(day)
	case "prev":
		first, next := s.Bounds(day)
		named := s.whenUsed(first - 1).Named
		return When{named, named, next}
	}
	return When{}
}

// whenUsed returns the period that a day lies in.
func (s PeriodSpec) whenUsed(day Day) When {
	const date = "2 Jan"
	first, next := s.Bounds(day)
	switch {
	case s.String() == "day":
		return When{"today", onDay(day), next}
	case s.String() == "week":
		return When{"this week", "in the week from " + dayName(first), next}
	case s.String() == "month" && s.MonthDay <= 1:
		return When{"this month", "in " + first.Start().Format("January"), next}
	}
	from, to := first.Start().Format(date), (next - 1).Start().Format(date)
	return When{"since " + from, "from " + from + " to " + to, next}
}

func onDay(day Day) string { return "on " + dayName(day) }

// dayName is a day for people: Thu 18 Jun.
func dayName(day Day) string { return day.Start().Format("Mon 2 Jan") }

// On returns the words that are true on a day.
func (w When) On(day Day) string {
	if w.Until != 0 && day >= w.Until {
		return w.Named
	}
	return w.Now
}
