package evaluate

// A Trial counts the evaluations of one rule in one turn.
type Trial struct {
	Subjects int
	Failed   int
	Example  string // the first subject for which it failed, with the error
	Err      error
}

// note counts the evaluation for one subject.
func (t *Trial) note(subject string, err error) {
	t.Subjects++
	if err == nil {
		return
	}
	if t.Failed++; t.Failed == 1 {
		t.Example, t.Err = subject, err
	}
}

// add adds the counts for other subjects.
func (t *Trial) add(other *Trial) {
	if t.Failed == 0 {
		t.Example, t.Err = other.Example, other.Err
	}
	t.Subjects += other.Subjects
	t.Failed += other.Failed
}
