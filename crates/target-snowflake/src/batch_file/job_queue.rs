//! A queue between the thread that makes jobs and those that do them. It wakes a thread only when one waits: a wake-up costs
//! as much as compressing some kilobytes. The maker never waits: what has no room comes back to it. Not for what a job is.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Where jobs are put in. After the last clone is gone, those that wait are still done.
pub(super) struct JobSender<T>(Arc<SendingEnd<T>>);

/// Where jobs are taken out. After the last clone is gone, jobs are dropped.
pub(super) struct JobReceiver<T>(Arc<ReceivingEnd<T>>);

/// Both ends of a queue in which so many jobs wait at most (at least one).
pub(super) fn job_queue<T>(limit: usize) -> (JobSender<T>, JobReceiver<T>) {
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            jobs: VecDeque::new(),
            idle_receivers: 0,
            is_closed: false,
        }),
        filled: Condvar::new(),
        limit: limit.max(1),
    });
    let sender = JobSender(Arc::new(SendingEnd(Arc::clone(&queue))));
    (sender, JobReceiver(Arc::new(ReceivingEnd(queue))))
}

impl<T> JobSender<T> {
    /// Adds a job; `Some` is the job when there is no room for it. A job that nobody will take is dropped.
    pub(super) fn send(&self, job: T) -> Option<T> {
        let SendingEnd(queue) = &*self.0;
        let mut state = queue.lock();
        if state.is_closed {
            // What a job does when it is dropped is done without the lock.
            drop(state);
            return None;
        }
        if state.jobs.len() >= queue.limit {
            return Some(job);
        }
        state.jobs.push_back(job);
        let is_awaited = state.idle_receivers > 0;
        drop(state);
        if is_awaited {
            queue.filled.notify_one();
        }
        None
    }

    /// Takes back the job that waits longest, if one does.
    pub(super) fn take(&self) -> Option<T> {
        self.0.0.lock().jobs.pop_front()
    }
}

impl<T> JobReceiver<T> {
    /// Takes the next job, and waits for one if there is none; `None` at the end.
    pub(super) fn receive(&self) -> Option<T> {
        let ReceivingEnd(queue) = &*self.0;
        let mut state = queue.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state.idle_receivers += 1;
            state = queue.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle_receivers -= 1;
        }
    }
}

impl<T> Clone for JobSender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Without the jobs, which may be data.
impl<T> fmt::Debug for JobSender<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JobSender").finish_non_exhaustive()
    }
}

impl<T> Clone for JobReceiver<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct SendingEnd<T>(Arc<Queue<T>>);

impl<T> Drop for SendingEnd<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct ReceivingEnd<T>(Arc<Queue<T>>);

impl<T> Drop for ReceivingEnd<T> {
    fn drop(&mut self) {
        self.0.close();
        let left = std::mem::take(&mut self.0.lock().jobs);
        drop(left);
    }
}

struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    limit: usize,
}

struct State<T> {
    jobs: VecDeque<T>,
    idle_receivers: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that could panic is done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn every_job_is_done_once_whatever_the_threads() {
        for (limit, receivers, senders) in [(1, 1, 1), (1, 3, 2), (8, 2, 1), (8, 4, 4)] {
            let (sender, receiver) = job_queue(limit);
            let (done, all_done) = mpsc::channel();
            thread::scope(|scope| {
                for _ in 0..receivers {
                    let (receiver, done) = (receiver.clone(), done.clone());
                    scope.spawn(move || {
                        while let Some(job) = receiver.receive() {
                            done.send(job).expect("a listener");
                        }
                    });
                }
                for number in 0..senders {
                    let (sender, done) = (sender.clone(), done.clone());
                    scope.spawn(move || {
                        for job in number * 500..(number + 1) * 500 {
                            let mut left = sender.send(job);
                            while let Some(job) = left {
                                if let Some(oldest) = sender.take() {
                                    done.send(oldest).expect("a listener");
                                }
                                left = sender.send(job);
                            }
                        }
                    });
                }
                drop(sender);
            });
            drop(done);
            let mut jobs: Vec<i32> = all_done.iter().collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..senders * 500).collect::<Vec<_>>(), "limit {limit}");
        }
    }

    #[test]
    fn a_job_without_room_comes_back_and_the_oldest_can_be_taken() {
        let (sender, receiver) = job_queue(2);
        assert_eq!((sender.send(1), sender.send(2), sender.send(3)), (None, None, Some(3)));
        assert_eq!(
            (sender.take(), sender.send(3), receiver.receive()),
            (Some(1), None, Some(2))
        );
    }

    #[test]
    fn jobs_that_wait_are_done_after_the_last_sender_is_gone() {
        let (sender, receiver) = job_queue(2);
        assert_eq!(sender.send(1), None);
        drop(sender);
        assert_eq!((receiver.receive(), receiver.receive()), (Some(1), None));
    }

    #[test]
    fn without_a_receiver_jobs_are_dropped() {
        let (sender, receiver) = job_queue(1);
        let job = Arc::new(());
        assert_eq!(sender.send(Arc::clone(&job)), None);
        drop(receiver);
        assert_eq!(sender.send(Arc::clone(&job)), None);
        assert_eq!(Arc::strong_count(&job), 1);
    }
}
