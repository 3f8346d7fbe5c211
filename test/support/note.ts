// A minimal entity, for tests that do not depend on its shape.

import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity()
export class Note {
  @PrimaryGeneratedColumn() id: number;
  @Column({ type: 'varchar', length: 255 }) text: string;
}
