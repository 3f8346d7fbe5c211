// The smallest row, for tests to which its shape does not matter.

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 255 }) text: string;
}
