//! HTTP shared by all vendors: limits, time-outs, answer classes.
