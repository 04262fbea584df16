package evaluate

// A Count counts the evaluations of one rule in one pass.
type Count struct {
	Subjects int
	Failed   int
	Example  string // the first subject for which it failed, with the error
	Err      error
}

// note counts the evaluation for one subject.
func (c *Count) note(subject string, err error) {
	c.Subjects++
	if err == nil {
		return
	}
	if c.Failed++; c.Failed == 1 {
		c.Example, c.Err = subject, err
	}
}

// add adds the counts for other subjects.
func (c *Count) add(other *Count) {
	if c.Failed == 0 {
		c.Example, c.Err = other.Example, other.Err
	}
	c.Subjects += other.Subjects
	c.Failed += other.Failed
}
