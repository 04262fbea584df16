package notehub

// SetMaxAnswer lowers the size of the largest answer that is read.
func (c *Client) SetMaxAnswer(bytes int64) { c.maxAnswer = bytes }
