package evaluate

// A Trial is how the evaluations of one rule went in one turn.
type Trial struct {
	Subjects int
	Failed   int
	Example  string // the first subject for which it failed, and why
	Err      error
}

// note takes in the evaluation for one subject.
func (t *Trial) note(subject string, err error) {
	t.Subjects++
	if err == nil {
		return
	}
	if t.Failed++; t.Failed == 1 {
		t.Example, t.Err = subject, err
	}
}

// add takes in the evaluations for other subjects.
func (t *Trial) add(other *Trial) {
	if t.Failed == 0 {
		t.Example, t.Err = other.Example, other.Err
	}
	t.Subjects += other.Subjects
	t.Failed += other.Failed
}
